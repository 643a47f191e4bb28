/** Small, at the corner of the page that the banner leaves free; part `development`. */
export const style = `
.development {
  position: fixed;
  inset-block: auto .5rem;
  inset-inline: .5rem auto;
  z-index: 9998;
  max-inline-size: calc(100% - 1rem);
  margin: 0;
  padding: .125rem .5rem;
  border: 1px solid #6b4a00;
  border-radius: .5rem;
  background: #ffe9b0;
  color: #3d2a00;
  font: .75rem/1.4 var(--nightlatch-font, system-ui);
  pointer-events: none;
}
.development[hidden] { display: none; }
@media print { .development { display: none; } }
`;
