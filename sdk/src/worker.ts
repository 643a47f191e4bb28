// What pages start as their worker.
import { createPulse, type ToWorker, type WorkerScope } from './pulse/pulse.js';

const pulse = createPulse(globalThis as unknown as WorkerScope);

onmessage = ({ data }: MessageEvent<ToWorker>) => pulse(data);
