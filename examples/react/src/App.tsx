import { nightlatch } from './session';
import { useSecondsLeft, useSession } from './useSession';

export function App() {
  const { phase, subject } = useSession();
  const seconds = useSecondsLeft();
  if (phase === 'unknown') return <p>One moment…</p>;
  if (phase === 'ended') return <p>Nobody is signed in.</p>;
  return (
    <main>
      <h1>Notes</h1>
      <p>Signed in as {subject}</p>
      {seconds !== null && <p id="left">{seconds} s left</p>}
      <button onClick={() => nightlatch.signOut()}>Sign out</button>
    </main>
  );
}
