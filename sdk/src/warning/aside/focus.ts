/** The focused element, through open shadow roots. */
function focused(root: DocumentOrShadowRoot): Element | null {
  const element = root.activeElement;
  return (element?.shadowRoot && focused(element.shadowRoot)) || element;
}

/**
 * Remembers where the focus is. A closed dialog brings it back there by itself; the returned function sees to it that, if that
 * element cannot take it any more, the nearest of what is left around it does, so that the keyboard goes on from the same place.
 */
export function rememberFocus(page: Document): () => void {
  const path: HTMLElement[] = [];
  for (let at: Node | null = focused(page); at && at !== page.body; at = at.parentNode ?? (at as ShadowRoot).host) {
    if (at instanceof HTMLElement) path.push(at);
  }
  return () => {
    const takes = (element: HTMLElement) => focused(page) === element;
    const target = path.find((element) => takes(element) || (element.checkVisibility() && !element.matches(':disabled')));
    if (!target || takes(target)) return;
    target.focus({ preventScroll: true });
    if (takes(target) || target.hasAttribute('tabindex')) return;
    target.tabIndex = -1;
    target.addEventListener('blur', () => target.removeAttribute('tabindex'), { once: true });
    target.focus({ preventScroll: true });
  };
}
