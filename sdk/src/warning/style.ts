/**
 * Looks, by custom properties on the element: `--nightlatch-surface`, `-text`, `-muted`, `-accent`, `-on-accent`, `-line`, `-veil`
 * (what lies over the page behind a dialog), `-cover` (what hides the page), `-font`, `-radius`, `-scheme` (`light`, `dark`, or
 * both: as the system does). Anything else by `::part`: `warning`, `cover`, `banner`, and in them `head`, `title`, `text`,
 * `trouble`, `time`, `stay`, `sign-in`, `other`. Colours hold 4.5:1 in both schemes, 7:1 for the text.
 */
export const style = `
:host {
  --_text: var(--nightlatch-text, light-dark(#1a2038, #eceffa));
  --_surface: var(--nightlatch-surface, light-dark(#fff, #161c34));
  --_accent: var(--nightlatch-accent, light-dark(#2b3a7c, #e9bc62));
  display: contents;
  color-scheme: var(--nightlatch-scheme, light dark);
}
dialog {
  box-sizing: border-box;
  inline-size: min(27rem, 96vi);
  max-block-size: 96vb;
  padding: min(2.5rem, 6vi);
  border: 0;
  border-radius: var(--nightlatch-radius, 1.25rem);
  color: var(--_text);
  font: 1rem/1.5 var(--nightlatch-font, system-ui, sans-serif);
  text-align: center;
  overflow-wrap: anywhere;
  outline: 0;
}
dialog[open] { display: flex; flex-wrap: wrap; justify-content: center; gap: .75rem; }
.warning { background: var(--_surface); box-shadow: 0 1.5rem 4rem #0006; }
.warning::backdrop { background: var(--nightlatch-veil, #0b0f2099); backdrop-filter: blur(8px); }
.cover { background: none; }
.cover::backdrop { background: var(--nightlatch-cover, light-dark(#eef0f8, #0b0f20)); }
:not(slot):empty { display: none; }
.about, .time { inline-size: 100%; }
h2 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
p { margin: 0; text-wrap: pretty; }
.text { color: var(--nightlatch-muted, light-dark(#4d5573, #b1b9d6)); }
.trouble { margin-block-start: .75rem; font-weight: 600; }
.time { margin-block: .25rem .5rem; font-size: 3.5rem; line-height: 1.25; font-weight: 300; font-variant-numeric: tabular-nums; }
button, a {
  box-sizing: border-box;
  flex: 1 1 10rem;
  min-block-size: 3rem;
  padding: .75rem;
  border: 1px solid var(--nightlatch-line, light-dark(#7d8299, #7d839b));
  border-radius: .75rem;
  background: none;
  color: inherit;
  font: inherit;
  font-weight: 600;
  line-height: 1.5rem;
  text-decoration: none;
  cursor: pointer;
}
.stay, .sign-in { border-color: #0000; background: var(--_accent); color: var(--nightlatch-on-accent, light-dark(#fff, #1c1a12)); }
:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 3px; }
.spoken { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: no-preference) {
  dialog { animation: in .2s; }
  @keyframes in { from { opacity: 0; } }
}
`;
