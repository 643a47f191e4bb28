import type { Tools } from '../../../session-element/make.js';

export { style } from './style.js';

/**
 * Says on a page of a server that runs for development that no limit ends its session; shows it, or not. It is in nobody's way:
 * it takes no focus, no click and no voice.
 */
export function createBadge(root: ShadowRoot, make: Tools['make']): (shown: boolean) => void {
  const badge = make('p', 'development');
  badge.role = 'note';
  badge.lang = 'en';
  badge.dir = 'ltr';
  badge.textContent = 'Development: sessions do not end';
  root.append(badge);
  return (shown) => void (badge.hidden = !shown);
}
