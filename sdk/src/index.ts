export { createNightlatch } from './nightlatch/nightlatch.js';
export type {
  Backend,
  Diagnostic,
  EventType,
  Listener,
  Nightlatch,
  NightlatchEvent,
  Options,
} from './nightlatch/contract.js';
export type { Answer, Call } from './call/call.js';
export { hold, withHold, type Hold, type HoldRequest } from './hold/hold.js';
export { isKept } from './kept/kept.js';
export type { DeadlineKind, Lifetime, Reason } from './lifetime/lifetime.js';
export type { Cover, Phase, State } from './machine/machine.js';
export { stepUp } from './step-up/step-up.js';
export { standalone, type Limits } from './standalone/standalone.js';
