// What the pages of react.e2e.ts show; also rendered on a server.
import { StrictMode, useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { AutoLogout, useSession, type AutoLogoutProps, type Session } from '../src/react.js';

type Mounted = 'auto-logout' | 'nothing' | 'another effect';

declare global {
  interface Window {
    mounted: (what: Mounted) => void;
    renders: number;
    session: Session;
  }
}

function Status() {
  const session = useSession();
  if (globalThis.window) Object.assign(window, { session, renders: (window.renders ?? 0) + 1 });
  return (
    <p>
      <output id="phase">{session.phase}</output> <output id="subject">{session.subject ?? 'nobody'}</output>
      <button onClick={() => void session.signOut()}>Leave</button>
    </p>
  );
}

function Countdown() {
  const { phase, remaining } = useSession({ ticks: true });
  return <output id="countdown">{phase === 'warning' ? Math.ceil(remaining()! / 1000) : ''}</output>;
}

/** Something that mounts and unmounts and has nothing to do with sessions. */
function Another() {
  useEffect(() => {
    const element = document.createElement('div');
    document.body.append(element);
    return () => element.remove();
  }, []);
  return null;
}

export function App({ initially = 'auto-logout', ...props }: AutoLogoutProps & { initially?: Mounted }) {
  const [mounted, setMounted] = useState(initially);
  if (globalThis.window) window.mounted = (what) => flushSync(() => setMounted(what));
  return (
    <StrictMode>
      <Status />
      <Countdown />
      {mounted === 'auto-logout' && <AutoLogout {...props} />}
      {mounted === 'another effect' && <Another />}
    </StrictMode>
  );
}
