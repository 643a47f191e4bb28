import type { Messages } from '../../languages/messages.js';
import type { SessionElement } from '../../session-element/session-element.js';
import type { Session } from '../../session-element/session.js';
import { standIn } from './stand-in.js';

/** Shows the session in the windows that the page opened as well, if nobody else can: each has an element of its own. */
export function createCompanions(host: SessionElement<Messages>): (session: Session | undefined) => void {
  const companions = new Map<Window, SessionElement<Messages>>();
  return (session) => {
    const windows = session?.windows ?? [];
    for (const view of windows) {
      if (companions.has(view) || !view.document.documentElement) continue;
      // Another object, since a session is shown by one element, which has no windows of its own.
      const own: Session = Object.create(session!, { windows: { value: [] } });
      companions.set(view, standIn(host, own, view.document));
    }
    for (const [view, companion] of companions) {
      if (windows.includes(view)) continue;
      companions.delete(view);
      companion.stays = false;
      companion.remove();
    }
  };
}
