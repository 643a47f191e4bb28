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
 * Remembers where the focus is. A closed dialog brings it back there by itself, or to where the page has put it since. The returned
 * function sees to it that, if that element cannot take it any more, the nearest of what is left around it does, so that the
 * keyboard goes on from the same place.
 */
export function rememberFocus(page: Document): () => void {
  const path: HTMLElement[] = [];
  for (let at: Node | null | undefined = focused(page); at && at !== page.body; at = around(at)) {
    // Elements of a frame are of other classes.
    if (at.nodeType === Node.ELEMENT_NODE) path.push(at as HTMLElement);
  }
  return () => {
    const takes = (element: HTMLElement) => focused(page) === element;
    const tries = (element: HTMLElement) => {
      element.focus({ preventScroll: true });
      return takes(element);
    };
    const at = focused(page) as HTMLElement | null;
    const isElsewhere = at && at !== page.body && !path.includes(at) && at.checkVisibility();
    if (isElsewhere) return;
    // A dialog of the page that opened meanwhile could not take it, and lets nothing else have it.
    const modal = [...page.querySelectorAll(':modal')].at(-1);
    if (modal && !path.includes(modal as HTMLElement)) return void [...modal.querySelectorAll('*')].some((element) => tries(element as HTMLElement));
    const target = path.find((element) => element === at || (element.checkVisibility() && !element.matches(':disabled')));
    if (!target || target === at || tries(target) || target.hasAttribute('tabindex')) return;
    target.tabIndex = -1;
    target.addEventListener('blur', () => target.removeAttribute('tabindex'), { once: true });
    if (!tries(target)) target.removeAttribute('tabindex');
  };
}
