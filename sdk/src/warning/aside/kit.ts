import type { inDigits, inTime, isSpoken } from '../../languages/counted.js';
import type { adopt, make, say } from '../../session-element/make.js';

/** What the element has at hand anyway. Handed over, because a module that both import would become a third file to load. */
export interface Kit {
  adopt: typeof adopt;
  make: typeof make;
  say: typeof say;
  inDigits: typeof inDigits;
  inTime: typeof inTime;
  isSpoken: typeof isSpoken;
}
