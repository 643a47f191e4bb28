/**
 * A style sheet for a tree: one of the document that the tree is in, since it takes no other. Made by script, so that no
 * Content-Security-Policy is in the way.
 */
export function sheetFor({ defaultView }: Document, style: string): CSSStyleSheet {
  const sheet = new defaultView!.CSSStyleSheet();
  sheet.replaceSync(style);
  return sheet;
}
