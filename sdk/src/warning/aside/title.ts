/** Puts text before the page's title, and takes it away again. */
export function createTitle(page: Document): (text: string | null) => void {
  let own = '';
  let shown: string | null = null;
  return (text) => {
    // The page may have changed its title meanwhile.
    if (shown === null || page.title !== shown) own = page.title;
    if (text === null && shown === null) return;
    page.title = text === null ? own : `${text} – ${own}`;
    // As the browser reads it back, with spaces collapsed.
    shown = text === null ? null : page.title;
  };
}
