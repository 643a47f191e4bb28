/** Themeable by the custom properties on the host and by `::part`. Colours hold 4.5:1 in both schemes. */
export const style = `
:host {
  --_surface: var(--nightlatch-surface, light-dark(#fff, #1b1d27));
  --_text: var(--nightlatch-text, light-dark(#1a1c28, #eceef6));
  --_muted: var(--nightlatch-muted, light-dark(#50556b, #b0b5c9));
  --_accent: var(--nightlatch-accent, light-dark(#3b3fc4, #aab1ff));
  --_on-accent: var(--nightlatch-on-accent, light-dark(#fff, #14152b));
  --_line: var(--nightlatch-line, light-dark(#7d8299, #7d839b));
  --_veil: var(--nightlatch-veil, light-dark(#1a1c2899, #05060cb3));
  --_cover: var(--nightlatch-cover, light-dark(#f5f6fb, #12131b));
  --_font: var(--nightlatch-font, system-ui, sans-serif);
  --_radius: var(--nightlatch-radius, 1rem);
  color-scheme: var(--nightlatch-scheme, light dark);
  display: contents;
}
dialog {
  box-sizing: border-box;
  border: 0;
  color: var(--_text);
  font: 400 1rem/1.5 var(--_font);
  text-align: center;
  overflow-wrap: anywhere;
}
.warning {
  inline-size: min(26rem, 96vi);
  max-block-size: 96vb;
  margin: auto;
  padding: min(2.25rem, 6vi);
  overflow: auto;
  overscroll-behavior: contain;
  border-radius: var(--_radius);
  background: var(--_surface);
  box-shadow: 0 0 0 1px #0001, 0 1.5rem 4rem #0006;
}
.warning::backdrop { background: var(--_veil); backdrop-filter: blur(8px) saturate(.7); }
.cover {
  inline-size: 100vi;
  block-size: 100vb;
  max-inline-size: none;
  max-block-size: none;
  padding: min(2rem, 6vi);
  overflow: auto;
  background: var(--_cover);
}
.cover::backdrop { background: var(--_cover); }
.cover[open] { display: grid; place-content: center; justify-items: center; }
.cover > * { max-inline-size: 26rem; }
h2 { margin: 0 0 .5rem; font-size: 1.375rem; line-height: 1.25; font-weight: 650; text-wrap: balance; }
p { margin: 0; color: var(--_muted); text-wrap: pretty; }
.time { margin: 1.25rem 0 0; color: var(--_text); font-size: 3.25rem; line-height: 1; font-weight: 300; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.trouble { margin-block-start: 1rem; color: var(--_text); font-weight: 550; }
.trouble:empty { display: none; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin-block-start: 1.75rem; }
.cover .actions { inline-size: 100%; }
button {
  flex: 1 1 10rem;
  min-block-size: 2.875rem;
  padding: .5rem min(1rem, 3vi);
  border: 1px solid var(--_line);
  border-radius: calc(var(--_radius) * .625);
  background: none;
  color: inherit;
  font: 550 1rem/1.25 var(--_font);
  cursor: pointer;
}
button.main { border-color: transparent; background: var(--_accent); color: var(--_on-accent); }
button:hover { text-decoration: underline; text-underline-offset: .2em; }
button:focus-visible { outline: 3px solid var(--_accent); outline-offset: 3px; }
button[aria-disabled=true] { cursor: progress; }
dialog:focus { outline: none; }
[hidden] { display: none !important; }
.spoken { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: no-preference) {
  .warning[open] { animation: in .18s ease-out; }
  .cover > * { animation: late .2s .3s both; }
  @keyframes in { from { opacity: 0; translate: 0 .5rem; } }
  @keyframes late { from { opacity: 0; } }
}
@media (forced-colors: active) {
  .warning, button.main { border: 2px solid ButtonBorder; }
  button:focus-visible { outline-color: Highlight; }
}
`;
