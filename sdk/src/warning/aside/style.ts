export const style = `
.banner {
  box-sizing: border-box;
  inset: auto 1rem 1rem auto;
  inline-size: min(24rem, 100vi - 2rem);
}
`;
