// What the pages of react.e2e.ts show; also rendered on a server.
import { StrictMode, useState } from 'react';
import { flushSync } from 'react-dom';
import { AutoLogout, useSession, type AutoLogoutProps, type Session } from '../src/react.js';

declare global {
  interface Window {
    mounted: (value: boolean) => void;
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

export function App({ initially = true, ...props }: AutoLogoutProps & { initially?: boolean }) {
  const [mounted, setMounted] = useState(initially);
  if (globalThis.window) window.mounted = (value) => flushSync(() => setMounted(value));
  return (
    <StrictMode>
      <Status />
      <Countdown />
      {mounted && <AutoLogout {...props} />}
    </StrictMode>
  );
}
