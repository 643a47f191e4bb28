/** Puts text before the page's title, and takes it away again. */
export function createTitle(page: Document): (text: string) => void {
  let own = '';
  let shown: string | null = null;
  return (text) => {
    if (!text && shown === null) return;
    // The page may have changed its title meanwhile.
    if (page.title !== shown) own = page.title;
    page.title = text ? `${text} – ${own}` : own;
    // As the browser reads it back, with spaces collapsed.
    shown = text ? page.title : null;
  };
}
