/**
 * Looks, by custom properties on the element: `--nightlatch-surface`, `-text`, `-muted`, `-accent`, `-on-accent`, `-line`, `-veil`
 * (what lies over the page behind the warning), `-cover` (what hides the page), `-font`, `-radius`, `-scheme` (`light`, `dark`, or
 * both: as the system does). Anything else by `::part`: `warning`, `cover` or `banner`, and in it `title`, `text`, `time`, `stay`,
 * `unlock` (signs in again), `sign-out` (in a step-up: not now), `not-now` (in the banner); `development`. All text has a contrast of at least
 * 7:1 in both schemes.
 */
export const style = `
:host { display: contents !important; visibility: visible !important; pointer-events: auto !important; color-scheme: var(--nightlatch-scheme, light dark); }
dialog {
  box-sizing: border-box;
  inline-size: 27rem;
  padding: min(2.5rem, 6vi);
  border: 1px solid #0000;
  border-radius: var(--nightlatch-radius, 1.25rem);
  background: var(--nightlatch-surface, light-dark(#fff, #161c34));
  color: var(--nightlatch-text, light-dark(#1a2038, #eceffa));
  font: 1rem/1.4 var(--nightlatch-font, system-ui);
  text-align: center;
}
dialog[open] { display: flex; flex-wrap: wrap; gap: .75rem; }
::backdrop { background: var(--nightlatch-veil, #0b0f2099); }
.cover::backdrop { background: var(--nightlatch-cover, light-dark(#eef0f8, #0b0f20)); }
:not(slot):empty { display: none; }
.about, .time { flex: 1 0 100%; }
h2, p { margin: 0 0 .5rem; }
button, a {
  flex: 1 1 9rem;
  padding: .75rem;
  border: 1px solid;
  background: none;
  color: inherit;
  font: inherit;
}
.stay, .unlock { border-color: #0000; background: var(--nightlatch-accent, light-dark(#2b3a7c, #e9bc62)); color: var(--nightlatch-on-accent, light-dark(#fff, #1c1a12)); }
:focus-visible { outline: 3px solid; }
.left { position: fixed; clip-path: inset(50%); }
`;
