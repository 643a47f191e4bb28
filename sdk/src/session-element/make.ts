/** An element with a name that is its class and its part. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  attributes: Record<string, string> = {},
  ...children: Node[]
) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries({ class: name, part: name, ...attributes })) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Writes only what differs: a live region speaks when it is written to. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A style sheet that no Content-Security-Policy is in the way of. */
export function adopt(root: ShadowRoot, style: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets.push(sheet);
}
