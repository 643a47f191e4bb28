import {
  Component,
  createElement,
  forwardRef,
  useImperativeHandle,
  type ComponentType,
  type ForwardRefExoticComponent,
  type PropsWithoutRef,
  type RefAttributes,
} from 'react';
import type { Callbacks, IIdleTimer, IIdleTimerProps, PresenceType } from './types.js';
import { useTimer } from './use-idle-timer.js';

type Wrapped<T> = ForwardRefExoticComponent<
  PropsWithoutRef<Omit<T, keyof IIdleTimer> & Omit<IIdleTimerProps, 'ref'>> & RefAttributes<IIdleTimer>
>;

/** Gives a component the methods of a timer as properties, and a ref to the timer. */
export function withIdleTimer<T extends IIdleTimer>(Inner: ComponentType<T>): Wrapped<T> {
  return forwardRef<IIdleTimer, IIdleTimerProps>(function WithIdleTimer(props: IIdleTimerProps, ref) {
    const { api, override } = useTimer(props);
    useImperativeHandle(ref, () => api, [api]);
    return createElement(Inner, { ...(props as T), ...api, [OVERRIDE]: override });
  }) as Wrapped<T>;
}

/** The property that brings a wrapped component's methods to the timer. */
const OVERRIDE = 'overrideIdleTimer';

/** For a component that has its callbacks as methods; to be wrapped with `withIdleTimer`. */
export abstract class IdleTimerComponent<P = IIdleTimer, S = {}> extends Component<P, S> {
  onPresenceChange?(presence: PresenceType): void;
  onPrompt?(): void;
  onIdle?(): void;
  onActive?(event?: Event): void;
  onAction?(event?: Event): void;
  onMessage?(data: unknown): void;

  constructor(props: P) {
    super(props);
    (props as { [OVERRIDE]?(own: Callbacks): void })[OVERRIDE]?.(this);
  }
}
