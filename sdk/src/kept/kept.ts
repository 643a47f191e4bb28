import type { Scope } from '../call/call.js';

/**
 * Whether the browser shows a document that nobody sent just now: one that it or a service worker had kept (going back
 * without the back/forward cache, a tab that it had thrown out of memory, a cache). Such a page may be out of date, and is drawn
 * before anybody can be asked. For the option `covered`.
 */
export function isKept(scope: Scope = globalThis as unknown as Scope): boolean {
  const [loaded] = scope.performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return loaded?.type === 'back_forward' || loaded?.transferSize === 0 || !!(scope.document as { wasDiscarded?: boolean }).wasDiscarded;
}
