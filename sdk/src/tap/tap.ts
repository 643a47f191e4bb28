/**
 * Hears of every call of a method that belongs to the page, with the object it was called on and what it gave, until the
 * signal ends. The same listener is put in place once, however often it is asked for.
 */
export function tap<O extends object>(owner: O, name: keyof O, heard: (self: never, result: never) => unknown, signal: AbortSignal): void {
  const own = owner[name] as { heard?: unknown; apply(self: unknown, args: unknown[]): unknown };
  if (own.heard === heard) return;
  const tapped = function (this: unknown, ...args: unknown[]) {
    const result = own.apply(this, args);
    heard(this as never, result as never);
    return result;
  };
  tapped.heard = heard;
  // Gives false where the page has frozen the object; then nothing is heard.
  Reflect.set(owner, name, tapped);
  // Somebody may have put another method on top of it since: that one stays, and calls it.
  signal.addEventListener('abort', () => owner[name] === (tapped as unknown) && Reflect.set(owner, name, own));
}
