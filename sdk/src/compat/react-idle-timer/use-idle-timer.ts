import { useEffect, useState } from 'react';
import { createIdleTimer, type IdleTimer } from './idle-timer.js';
import type { IIdleTimer, IIdleTimerProps } from './types.js';

/** A timer that lives as long as the component. Throws where properties contradict each other. */
export function useIdleTimer(props: IIdleTimerProps = {}): IIdleTimer {
  return useTimer(props).api;
}

/** The same, with what only this package may touch. */
export function useTimer(props: IIdleTimerProps): IdleTimer {
  const [timer] = useState(() => createIdleTimer(props));
  useEffect(() => timer.update(props));
  useEffect(() => {
    timer.attach();
    return timer.detach;
  }, [timer]);
  return timer;
}
