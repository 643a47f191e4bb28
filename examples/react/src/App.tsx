import { AutoLogout, useSession } from 'nightlatch/react';

export function App() {
  return (
    <>
      <AutoLogout />
      <Notes />
    </>
  );
}

function Notes() {
  const { phase, subject, remaining, signOut } = useSession({ ticks: true });
  if (phase === 'unknown') return <p>One moment…</p>;
  if (phase === 'ended') return <p>Nobody is signed in.</p>;
  return (
    <main>
      <h1>Notes</h1>
      <p>Signed in as {subject}</p>
      {phase === 'warning' && <p id="left">{Math.ceil((remaining() ?? 0) / 1000)} s left</p>}
      <button onClick={signOut}>Sign out</button>
    </main>
  );
}
