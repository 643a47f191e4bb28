import type { Messages } from '../../languages/messages.js';
import type { SessionElement } from '../../session-element/session-element.js';
import type { Session } from '../../session-element/session.js';
import { sheetFor } from './sheet.js';

/** Puts an element beside the body of a page, where everybody gets to see it. */
export function place(element: Element, page: Document): void {
  for (const name of ['aria-hidden', 'inert']) element.removeAttribute(name);
  page.documentElement.append(element);
}

/** A second element like the first one, which shows the session in this page. */
export function standIn(host: SessionElement<Messages>, session: Session, page: Document): SessionElement<Messages> {
  const other = host.cloneNode(true) as SessionElement<Messages>;
  if (host.messages) other.messages = host.messages;
  other.nightlatch = session;
  place(other, page);
  // The browser took those of another document away.
  const { cssRules } = host.shadowRoot!.adoptedStyleSheets[0]!;
  if (page !== document) other.shadowRoot!.adoptedStyleSheets = [sheetFor(page, [...cssRules].map(({ cssText }) => cssText).join(''))];
  return other;
}
