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
export type { Answer, Call, Gone, Lost } from './call/call.js';
export { hold, withHold, type Hold, type HoldRequest, type HoldingSession } from './hold/hold.js';
export { isKept } from './kept/kept.js';
export type { DeadlineKind, Lifetime, OnIdle, Reason } from './lifetime/lifetime.js';
export type { Cover, Phase, State } from './machine/machine.js';
export { stepUp } from './step-up/step-up.js';
export { standalone, type Limits } from './standalone/standalone.js';
export { rescueForm, rescueForms } from './rescue/rescue.js';
export type { RescuedForms } from './rescue/rescue.js';
export type { RescueOptions, RescueSession } from './rescue/session.js';
export type { Rescue, Restored } from './rescue/form.js';
export { holdUpload, uploadFetch } from './upload/upload.js';
export type { Progress, UploadOptions } from './upload/upload.js';
export type { LeaseOptions } from './upload/lease.js';
