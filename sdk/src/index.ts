export { createNightlatch } from './nightlatch/nightlatch.js';
export type { Diagnostic, Listener, Nightlatch, NightlatchEvent, Options, State } from './nightlatch/contract.js';
export type { Hold, HoldRequest } from './hold/hold.js';
export type { DeadlineKind, Reason } from './lifetime/lifetime.js';
export type { Cover, Phase } from './machine/machine.js';
