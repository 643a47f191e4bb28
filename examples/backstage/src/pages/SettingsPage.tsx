import { useSession } from 'nightlatch/react';
import { useIdentity } from '../apis.js';

export function SettingsPage() {
  const { phase, kind } = useSession();
  return (
    <>
      <h1>Settings</h1>
      <dl>
        <dt>Signed in as</dt>
        <dd>{useIdentity()}</dd>
        <dt>Session</dt>
        <dd>
          {phase}
          {kind && `, limited by ${kind}`}
        </dd>
      </dl>
    </>
  );
}
