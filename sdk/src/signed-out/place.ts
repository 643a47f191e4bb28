/**
 * Adds the place within a page to the way back to it. What follows `#` in an address never reaches a server, but it comes
 * along to the page that says what happened: the SDK writes it there, and browsers keep it when they are redirected.
 */
export function keepPlace(way: Pick<HTMLAnchorElement, 'href' | 'dataset'> | null, { hash }: Pick<Location, 'hash'>): void {
  if (!way || !hash) return;
  const url = new URL(way.href);
  const page = url.searchParams.get('return_to');
  if (way.dataset['page'] === 'parameter' && page) {
    url.searchParams.set('return_to', page.split('#')[0] + hash);
  } else if (way.dataset['page'] === 'address') {
    url.hash = hash;
  }
  way.href = url.href;
}
