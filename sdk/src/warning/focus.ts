/** The focused element, through open shadow roots. */
function focused(root: DocumentOrShadowRoot): Element | null {
  const element = root.activeElement;
  return (element?.shadowRoot && focused(element.shadowRoot)) || element;
}

/**
 * Remembers where the focus is. The returned function brings it back there or, if nothing there takes it any more, to the
 * nearest of what is left around it, so that the keyboard goes on from the same place.
 */
export function rememberFocus(page: Document): () => void {
  const path: HTMLElement[] = [];
  for (let at: Node | null = focused(page); at && at !== page.body; at = at.parentNode ?? (at as ShadowRoot).host) {
    if (at instanceof HTMLElement) path.push(at);
  }
  return () => {
    const takes = (element: HTMLElement) => {
      element.focus({ preventScroll: true });
      return focused(page) === element;
    };
    path.some((element) => {
      if (takes(element) || element.hasAttribute('tabindex')) return focused(page) === element;
      const clear = () => element.removeAttribute('tabindex');
      element.tabIndex = -1;
      element.addEventListener('blur', clear, { once: true });
      return takes(element) || clear();
    });
  };
}
