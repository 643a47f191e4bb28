// What the browser as a whole asked of the network, in its own log.
import { readFileSync } from 'node:fs';

/** Chromium writes the log to `file` until it is closed. */
export const keepNetLog = (file: string) => [`--log-net-log=${file}`, '--net-log-capture-mode=Everything'];

export interface Asked {
  url: string;
  /** The origin of the page that asked. */
  initiator: string;
}

export function readNetLog(file: string): { asked: Asked[]; text: string } {
  const text = readFileSync(file, 'utf8');
  const { constants, events } = JSON.parse(text) as {
    constants: { logEventTypes: Record<string, number> };
    events: { type: number; params?: { url?: string; initiator?: string } }[];
  };
  const start = constants.logEventTypes['URL_REQUEST_START_JOB'];
  const asked = events.flatMap(({ type, params }) =>
    type === start && params?.url ? [{ url: params.url, initiator: params.initiator ?? '' }] : [],
  );
  return { asked, text };
}
