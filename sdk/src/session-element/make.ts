/** An element whose name is its class, its part and, unique in the shadow tree, its id. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, name: string, ...children: Node[]) {
  const element = document.createElement(tag);
  element.id = element.className = name;
  element.setAttribute('part', name);
  element.append(...children);
  return element;
}

/** Writes only what differs: a live region speaks when it is written to. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export interface Tools {
  make: typeof make;
  say: typeof say;
}
