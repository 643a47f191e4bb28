import type { Scope } from '../call/call.js';
import { asReason, type Reason } from '../lifetime/lifetime.js';

/**
 * What tabs tell each other. None of it can lengthen a session: `look` and `ended` make the receiver ask the server,
 * `reported` makes it wait with its own report, `beat` says that the leader lives.
 */
export type Message = { type: 'look' } | { type: 'ended'; reason: Reason } | { type: 'reported' } | { type: 'beat' };

export interface Channel<M = Message> {
  /** False where the browser offers nothing; every tab then works alone. */
  open: boolean;
  send(message: M): void;
  close(): void;
}

/** The message, if it is one. Anybody on this origin may post here. */
export function parseMessage(data: unknown): Message | undefined {
  const { type, reason } = Object(data) as { type?: unknown; reason?: unknown };
  if (type === 'ended') {
    const known = asReason(reason);
    return known && { type, reason: known };
  }
  return type === 'look' || type === 'reported' || type === 'beat' ? { type } : undefined;
}

export function openChannel(scope: Scope, name: string, receive: (message: Message) => void): Channel;
export function openChannel<M extends object>(
  scope: Scope,
  name: string,
  receive: (message: M) => void,
  parse: (data: unknown) => M | undefined,
): Channel<M>;
export function openChannel(
  scope: Scope,
  name: string,
  receive: (message: Message) => void,
  parse: (data: unknown) => Message | undefined = parseMessage,
): Channel {
  const take = (data: unknown) => {
    const message = parse(data);
    if (message) receive(message);
  };
  try {
    const channel = new scope.BroadcastChannel(name);
    channel.onmessage = (event) => take(event.data);
    return {
      open: true,
      send: (message) => channel.postMessage(message),
      close: () => channel.close(),
    };
  } catch {
    return openStorage(scope, name, take);
  }
}

/** A written value reaches the other tabs as a `storage` event; the number makes equal messages differ. */
function openStorage(scope: Scope, name: string, take: (data: unknown) => void): Channel {
  const listening = new AbortController();
  try {
    const storage = scope.localStorage;
    let count = Math.random();
    scope.addEventListener(
      'storage',
      (event) => {
        if (event.key !== name || !event.newValue) return;
        try {
          take(JSON.parse(event.newValue));
        } catch {
          // Not ours.
        }
      },
      listening,
    );
    return {
      open: !!storage,
      send(message) {
        try {
          storage.setItem(name, JSON.stringify({ ...message, count: count++ }));
        } catch {
          // Full or denied: the server tells the other tabs.
        }
      },
      close: () => listening.abort(),
    };
  } catch {
    return { open: false, send() {}, close: () => listening.abort() };
  }
}
