// What pages start as their worker.
import { startPulse, type WorkerScope } from './pulse/pulse.js';

startPulse(globalThis as unknown as WorkerScope);
