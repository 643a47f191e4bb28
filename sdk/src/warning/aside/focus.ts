/** The focused element, through open shadow roots and frames of the same origin. */
function focused(root: DocumentOrShadowRoot): Element | null {
  const element = root.activeElement;
  const within = element?.shadowRoot ?? (element as HTMLIFrameElement | null)?.contentDocument;
  return (within && focused(within)) || element;
}

/** What is around a node, out of shadow trees and frames. */
const around = (node: Node): Node | null | undefined =>
  node.parentNode ?? (node as ShadowRoot).host ?? (node as Document).defaultView?.frameElement;

/**
 * Remembers where the focus is. A closed dialog brings it back there by itself; the returned function sees to it that, if that
 * element cannot take it any more, the nearest of what is left around it does, so that the keyboard goes on from the same place.
 */
export function rememberFocus(page: Document): () => void {
  const path: HTMLElement[] = [];
  for (let at: Node | null | undefined = focused(page); at && at !== page.body; at = around(at)) {
    // Elements of a frame are of other classes.
    if (at.nodeType === Node.ELEMENT_NODE) path.push(at as HTMLElement);
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
