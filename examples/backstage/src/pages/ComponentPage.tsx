export function ComponentPage() {
  return (
    <>
      <h1>payments</h1>
      <dl>
        <dt>Owner</dt>
        <dd>Team Ledger</dd>
        <dt>Repository</dt>
        <dd>ledger/payments</dd>
        <dt>On call</dt>
        <dd>Ada</dd>
      </dl>
    </>
  );
}
