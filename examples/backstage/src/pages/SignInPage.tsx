import { useSession } from 'nightlatch/react';
import { identityApi } from '../apis.js';

const why = { idle: 'You were signed out because you were away.', disconnected: 'You were signed out while the portal was closed.' };

export function SignInPage() {
  const { phase, reason } = useSession();
  return (
    <main>
      <h1>Sign in</h1>
      {phase === 'ended' && (reason === 'idle' || reason === 'disconnected') && <p role="status">{why[reason]}</p>}
      <form action={(data) => identityApi.signIn(String(data.get('name')))}>
        <label>
          Name <input name="name" required autoComplete="username" />
        </label>
        <button>Sign in</button>
      </form>
    </main>
  );
}
