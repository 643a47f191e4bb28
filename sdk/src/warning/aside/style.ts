/** What can come later: the finish of the dialog, and all of the banner. */
export const style = `
dialog { overflow-wrap: anywhere; }
dialog.warning { box-shadow: 0 1.5rem 4rem #0005; }
.warning::backdrop { backdrop-filter: blur(8px) saturate(.8); }
h2 { text-wrap: balance; }
.text { text-wrap: pretty; }
dialog .text { color: var(--nightlatch-muted, light-dark(#4d5573, #b1b9d6)); }
dialog:focus { outline: 0; }
.time { font-size: min(3.5em, 20vi); font-weight: 300; font-variant-numeric: tabular-nums; }
button, a {
  box-sizing: border-box;
  padding-inline: min(.75rem, 2vi);
  border-color: var(--nightlatch-line);
  border-radius: .75rem;
  font-weight: 600;
  text-decoration: none;
  hyphens: auto;
  cursor: pointer;
}
[aria-disabled=true] { cursor: progress; }
:is(button, a):hover { text-decoration: underline; text-underline-offset: .2em; }
:focus-visible { outline-offset: 3px; }
.spoken, .outside { position: fixed; clip-path: inset(50%); }
.outside:empty { display: block; }
.banner {
  box-sizing: border-box;
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  gap: .5rem .75rem;
  position: fixed;
  inset-block: auto 1rem;
  inset-inline: auto 1rem;
  z-index: 9999;
  inline-size: 24rem;
  max-inline-size: calc(100% - 2rem);
  max-block-size: 50vb;
  overflow: auto;
  padding: 1rem 1.25rem 1.25rem;
  border: 1px solid var(--nightlatch-line, light-dark(#d5daea, #3c466f));
  border-radius: var(--nightlatch-radius, 1.25rem);
  background: var(--nightlatch-surface, light-dark(#fff, #161c34));
  color: var(--nightlatch-text, light-dark(#1a2038, #eceffa));
  font: .9375rem/1.4 var(--nightlatch-font, system-ui);
  box-shadow: 0 .5rem 2rem #0003;
  overflow-wrap: anywhere;
}
.banner[hidden] { display: none; }
.banner p { margin: 0; }
.banner .title { flex: 1 0 calc(100% - 5em); font-weight: 600; }
.banner .time { flex: none; font-size: 1.125em; font-weight: 400; }
.banner button { flex: 1 1 8rem; padding-block: .625rem; text-align: center; }
@media (prefers-contrast: more) {
  dialog, .banner { border-color: currentColor; }
  dialog .text { color: inherit; }
}
@media (forced-colors: active) {
  .stay, .unlock { border-width: 2px; }
  :focus-visible { outline-color: Highlight; }
}
`;
