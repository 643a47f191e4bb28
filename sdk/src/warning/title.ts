/** Puts text before the page's title while the page is in the background, and takes it away again. */
export function createTitle(page: Document): (text: string | null) => void {
  let own = '';
  let shown: string | null = null;
  return (text) => {
    // The page may have changed its title meanwhile.
    if (shown === null || page.title !== shown) own = page.title;
    const next = text && page.hidden ? `${text} – ${own}` : null;
    if (next === null && shown === null) return;
    page.title = next ?? own;
    // As the browser reads it back, with spaces collapsed.
    shown = next && page.title;
  };
}
