/**
 * Looks, by the same custom properties as the warning: `--nightlatch-surface`, `-text`, `-line`, `-font`, `-scheme`, and for the dot
 * `--nightlatch-well`, `--nightlatch-soon`. Anything else by `::part(badge)` and `::part(text)`.
 */
export const style = `
:host { display: inline-block; max-inline-size: 100%; color-scheme: var(--nightlatch-scheme, light dark); }
#badge {
  --_dot: var(--nightlatch-well, light-dark(#2e7d4f, #6fcf97));
  display: inline-flex;
  box-sizing: border-box;
  max-inline-size: 100%;
  overflow-wrap: anywhere;
  align-items: center;
  gap: .5em;
  padding: .25em .75em;
  border: 1px solid var(--nightlatch-line, light-dark(#c9cfe2, #313a60));
  border-radius: 2em;
  background: var(--nightlatch-surface, light-dark(#fff, #161c34));
  color: var(--nightlatch-text, light-dark(#1a2038, #eceffa));
  font: .875rem/1.5 var(--nightlatch-font, system-ui, sans-serif);
  font-variant-numeric: tabular-nums;
}
#badge[hidden] { display: none; }
#badge::before { content: ""; flex: none; inline-size: .5em; block-size: .5em; border-radius: 50%; background: var(--_dot); }
.warning {
  --_dot: var(--nightlatch-soon, light-dark(#a34d00, #f2b45c));
  border-color: var(--_dot);
  background: light-dark(#fff4e5, #3a2a12);
  color: light-dark(#6b3200, #ffd9a0);
  font-weight: 600;
}
:is(.locked, .ended, .trouble) { --_dot: light-dark(#5b6380, #8d95b3); }
@media (forced-colors: active) {
  #badge::before { background: CanvasText; forced-color-adjust: none; }
  .warning { border: 2px solid Highlight; }
}
`;
