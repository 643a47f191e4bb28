// The interface of react-idle-timer 5.7.3 over the parts of this SDK: an application switches by changing the import.
export { DEFAULT_EVENTS } from './react-idle-timer/settings.js';
export { createMocks } from './react-idle-timer/mocks.js';
export { useIdleTimer } from './react-idle-timer/use-idle-timer.js';
export {
  IdleTimerConsumer,
  IdleTimerContext,
  IdleTimerProvider,
  useIdleTimerContext,
  type IIdleTimerContext,
} from './react-idle-timer/provider.js';
export { IdleTimerComponent, withIdleTimer } from './react-idle-timer/with-idle-timer.js';
export { workerTimers } from './react-idle-timer/worker-timers.js';
export type { IIdleTimer, IIdleTimerProps, ITimers, MessageType, PresenceType } from './react-idle-timer/types.js';
export type { EventsType } from './react-idle-timer/events.js';
