import { beforeEach, vi } from 'vitest';
import { FakeChannel } from '../fake-channel.js';
import { createMocks } from './names.js';

// Without channels tabs talk through local storage.
const channels = process.env['WITHOUT_CHANNELS'] ? undefined : FakeChannel;
Object.assign(globalThis, { jest: vi, BroadcastChannel: channels });

beforeEach(() => {
  // The suite measures to within milliseconds. On a clock that leaps from timer to timer a busy machine does not matter.
  vi.useFakeTimers();
  vi.setTimerTickMode('nextTimerAsync');
  // What every application does whose tests fire events.
  createMocks();
});
