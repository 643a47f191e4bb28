/** The focused element, through open shadow roots. */
function focused(root: DocumentOrShadowRoot): Element | null {
  const element = root.activeElement;
  return (element?.shadowRoot && focused(element.shadowRoot)) || element;
}

/**
 * Remembers where the focus is. The returned function brings it back there or, if that element is gone, to what is left of
 * where it was, so that the keyboard goes on from the same place.
 */
export function rememberFocus(page: Document): () => void {
  const path: HTMLElement[] = [];
  for (let at: Node | null = focused(page); at; at = at.parentNode ?? (at as ShadowRoot).host ?? null) {
    if (at instanceof HTMLElement) path.push(at);
  }
  return () => {
    const target = path.find((element) => element.isConnected);
    if (!target || target === page.body) return;
    target.focus();
    if (focused(page) === target) return;
    target.tabIndex = -1;
    target.addEventListener('blur', () => target.removeAttribute('tabindex'), { once: true });
    target.focus();
  };
}
