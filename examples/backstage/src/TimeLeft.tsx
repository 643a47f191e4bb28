import { useSession } from 'nightlatch/react';

/** Seconds until sign-out while somebody is being asked, nothing otherwise. */
export function TimeLeft() {
  const { phase, remaining } = useSession({ ticks: true });
  return phase === 'warning' ? <output>{Math.ceil((remaining() ?? 0) / 1000)} s</output> : null;
}
