import { trustScripts } from './input.js';
import { mainThread, setTimers } from './timers.js';
import { workerTimers } from './worker-timers.js';

/**
 * For tests, before the first one: no worker, the timers that are in place now (fake ones too), and events that a script
 * makes count like those of a person.
 */
export function createMocks(): void {
  trustScripts();
  setTimers(mainThread());
  Object.assign(workerTimers, mainThread());
}
