export function DocsPage() {
  return (
    <>
      <h1>Docs</h1>
      <p>How to deploy payments, what to do when it does not answer, and whom to call.</p>
    </>
  );
}
