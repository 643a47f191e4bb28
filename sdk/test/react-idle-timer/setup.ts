import { beforeEach, vi } from 'vitest';
import { FakeChannel } from '../fake-channel.js';
import { createMocks } from './names.js';

Object.assign(globalThis, { jest: vi, BroadcastChannel: FakeChannel });

beforeEach(() => {
  // The suite measures to within milliseconds. On a clock that leaps from timer to timer a busy machine does not matter.
  vi.useFakeTimers();
  vi.setTimerTickMode('nextTimerAsync');
  // What every application does whose tests fire events.
  createMocks();
});
