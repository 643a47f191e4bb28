import type { Messages } from '../../languages/messages.js';
import type { SessionElement } from '../../session-element/session-element.js';
import type { Session } from '../../session-element/session.js';
import { place, standIn } from './stand-in.js';

/** So often it is put back within the time; a page that takes it out whenever it comes must not keep the browser busy for ever. */
const AT_MOST = 10;
const WITHIN = 200;

/** Which element shows a session: the one that came into the page last, wherever it is now. */
const holders = new WeakMap<Session, SessionElement<Messages>>();

/** Elements that another one stands in for. */
const replaced = new WeakSet<Node>();

/** Elements that were put back lately: since when, and how often. */
const returns = new WeakMap<Node, [since: number, times: number]>();

/**
 * Lets the element that came last show the session for as long as there is one. If it is needed and out of the page, it comes back
 * beside the body, which applications replace. Where it stands in a part that nobody sees it stays, since it is the page's, and
 * another one comes in its place.
 */
export function keepInPage(host: SessionElement<Messages>, session: Session, needed: boolean): void {
  if (host.stays === undefined) {
    const before = holders.get(session);
    holders.set(session, host);
    host.stays = true;
    replaced.delete(host);
    if (before && before !== host) {
      before.stays = false;
      before.update();
    }
  }
  const page = host.ownerDocument;
  if (!needed || !page.documentElement) return;
  if (host.isConnected) {
    if (replaced.has(host) || !isUnseen(host)) return;
    replaced.add(host);
    // Not in the middle of what it does, which may be to open its own dialog.
    queueMicrotask(() => {
      standIn(host, session, page);
      host.stays = false;
      host.update();
    });
    return;
  }
  const now = performance.now();
  const [since, times] = returns.get(host) ?? [0, 0];
  const isNew = now - since > WITHIN;
  returns.set(host, isNew ? [now, 1] : [since, times + 1]);
  // Tells the element, which then comes back here.
  if (isNew || times < AT_MOST) place(host, page);
}

/** Whether something around it is not shown, or is for nobody. */
function isUnseen(host: Element): boolean {
  if (host.parentNode === host.ownerDocument.documentElement) return false;
  if (host.closest('[inert], [aria-hidden=true]')) return true;
  // What has no box of its own is shown where that around it is.
  let around = host.parentElement;
  while (around && getComputedStyle(around).display === 'contents') around = around.parentElement;
  return !!around && !around.checkVisibility();
}
