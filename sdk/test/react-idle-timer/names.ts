// The names that the suite knows, those of internal modules included.
export * from '../../src/compat/react-idle-timer.js';
export { timers } from '../../src/compat/react-idle-timer/timers.js';

export const IS_BROWSER = typeof window === 'object';
export const DEFAULT_ELEMENT = IS_BROWSER ? document : null;
export const now = () => Date.now();
