import { createContext, createElement, useContext, type ReactElement, type ReactNode } from 'react';
import type { IIdleTimer, IIdleTimerProps } from './types.js';
import { useIdleTimer } from './use-idle-timer.js';

/** The timer of the nearest provider. */
export const IdleTimerContext = createContext<IIdleTimer>(null as unknown as IIdleTimer);

export type IIdleTimerContext = typeof IdleTimerContext;

/** One timer for everything within. */
export function IdleTimerProvider({ children, ...props }: IIdleTimerProps & { children?: ReactNode }): ReactElement {
  const timer = useIdleTimer(props);
  return createElement(IdleTimerContext.Provider, { value: timer }, children);
}

export const IdleTimerConsumer = IdleTimerContext.Consumer;

/** The timer of the nearest provider. */
export function useIdleTimerContext(): IIdleTimer {
  return useContext(IdleTimerContext);
}
