import type { Ref } from 'react';
import type { EventsType } from './events.js';

/** What tabs can tell each other. */
export type MessageType = string | number | object;

/** Whether somebody is there, and whether they are being asked. */
export type PresenceType = { type: 'idle' } | { type: 'active'; prompted: boolean };

/** Where time comes from; delays are in milliseconds. */
export interface ITimers {
  setTimeout(fn: () => void, delay: number): number;
  clearTimeout(id: number): void;
  setInterval(fn: () => void, delay: number): number;
  clearInterval(id: number): void;
}

/** What an application can do with a timer. Spans are in milliseconds. The object stays the same as long as the timer lives. */
export interface IIdleTimer {
  /** Starts from the beginning, in every tab. False if it is disabled. */
  start(): boolean;
  /** Back to the beginning, in every tab; runs on unless it has to be started by hand. False if it is disabled. */
  reset(): boolean;
  /** Like `start()`, and tells `onActive` if somebody was idle or being asked. False if it is disabled. */
  activate(): boolean;
  /** Stands still and listens to nothing. False if it did already or is disabled. */
  pause(): boolean;
  /** Goes on where it was paused. False if it was not. */
  resume(): boolean;
  /** Calls `onMessage` in the other tabs, and here if `emitOnSelf`. False if the data cannot be sent. */
  message(data: MessageType, emitOnSelf?: boolean): boolean;
  isIdle(): boolean;
  isPrompted(): boolean;
  /** `null` without `crossTab`; throws without `leaderElection`. */
  isLeader(): boolean | null;
  /** Whether the last activity was in this tab; `null` without `crossTab`. */
  isLastActiveTab(): boolean | null;
  /** `null` without `crossTab`. */
  getTabId(): string | null;
  /** Until idle, the time of the prompt included. */
  getRemainingTime(): number;
  /** Since the timer was last reset. */
  getElapsedTime(): number;
  /** Since the timer was created. */
  getTotalElapsedTime(): number;
  getLastIdleTime(): Date | null;
  getLastActiveTime(): Date | null;
  /** Spent idle since the timer was last reset. */
  getIdleTime(): number;
  /** Spent idle since the timer was created. */
  getTotalIdleTime(): number;
  /** Spent active since the timer was last reset. */
  getActiveTime(): number;
  /** Spent active since the timer was created. */
  getTotalActiveTime(): number;
}

type OnEvent = (event?: Event, idleTimer?: IIdleTimer) => void;

/** As a method, so that a handler may name the data it expects. */
type OnMessage = { call(data: unknown, idleTimer?: IIdleTimer): void }['call'];

/** What an application is told. */
export interface Callbacks {
  onPresenceChange?: ((presence: PresenceType, idleTimer?: IIdleTimer) => void) | undefined;
  /** The prompt begins: `onIdle` follows unless `activate()` is called. */
  onPrompt?: OnEvent | undefined;
  onIdle?: OnEvent | undefined;
  /** Somebody is back. */
  onActive?: OnEvent | undefined;
  /** Every input that counts. */
  onAction?: OnEvent | undefined;
  /** Anybody on this origin can post: look at the data before it is believed. */
  onMessage?: OnMessage | undefined;
}

/** Spans are in milliseconds. What is `undefined` has its default. */
export interface IIdleTimerProps extends Callbacks {
  ref?: Ref<IIdleTimer> | undefined;
  /** How long without activity until idle, or until the prompt of `promptTimeout`; 20 minutes. */
  timeout?: number | undefined;
  /** @deprecated Use `promptBeforeIdle`. How long the prompt lasts after `timeout`; 0 is no prompt. */
  promptTimeout?: number | undefined;
  /** How long before idle the prompt begins, less than `timeout`; 0 is no prompt. */
  promptBeforeIdle?: number | undefined;
  /** Where to listen; `document`. Nowhere while it is `null`. */
  element?: EventTarget | null | undefined;
  /** What to listen to; `DEFAULT_EVENTS`. */
  events?: EventsType[] | undefined;
  /** What makes idle, or begins the prompt, at once. */
  immediateEvents?: EventsType[] | undefined;
  /** Calls `onAction` only after this pause in the input. */
  debounce?: number | undefined;
  /** Calls `onAction` at most once in this time. */
  throttle?: number | undefined;
  /** Looks at input at most once in this time; 200. */
  eventsThrottle?: number | undefined;
  /** False: starts with the first input. */
  startOnMount?: boolean | undefined;
  /** Starts with `start()` only. */
  startManually?: boolean | undefined;
  /** Once idle, input counts no more until the timer is started again. */
  stopOnIdle?: boolean | undefined;
  /** For all timers of the page: the browser's, or `workerTimers`. */
  timers?: ITimers | undefined;
  /** One timer over all tabs. */
  crossTab?: boolean | undefined;
  /** Timers of the same name belong together over tabs; `idle-timer`. */
  name?: string | undefined;
  /** How often, at most, tabs tell each other of activity; 0 is once in a second. */
  syncTimers?: number | undefined;
  /** Makes one tab the leader. */
  leaderElection?: boolean | undefined;
  /** Does nothing, and neither do the methods. */
  disabled?: boolean | undefined;
  /** Has no effect; listeners always capture. */
  capture?: boolean | undefined;
  /** Has no effect; listeners are always passive. */
  passive?: boolean | undefined;
}
