/** A round badge with a number. */
function drawn(text: string): string {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="#b3261e"/>` +
    `<text x="16" y="22.5" font-family="sans-serif" font-size="18" font-weight="700" text-anchor="middle" fill="#fff">${text}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/**
 * Shows another icon for the page: the one at `address`, or where that is empty a badge with the text. It is a link of its own
 * behind those of the page: browsers take the last, and the page's again when it is gone.
 */
export function createIcon(page: Document): (text: string, address: string) => void {
  const link = page.createElement('link');
  link.rel = 'icon';
  return (text, address) => {
    if (!text) return link.remove();
    const href = address || drawn(text);
    if (link.isConnected && link.getAttribute('href') === href) return;
    link.href = href;
    page.head.append(link);
  };
}
