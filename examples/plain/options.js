// Module scripts run in the order in which they stand in the page, so that `window.nightlatch` is there.
const { nightlatch } = window;
const session = document.querySelector('#session');

nightlatch.subscribe(({ type, state: { phase, subject } }) => {
  if (phase === 'active') session.textContent = `Signed in as ${subject}`;
  if (type === 'warning') session.textContent = 'Are you still there?';
});

document.querySelector('#out').onclick = () => nightlatch.signOut();

// While something takes long the session does not idle, whoever is at the keyboard.
const saved = () => new Promise((done) => setTimeout(done, 5000));
document.querySelector('#save').onclick = () => nightlatch.withHold(saved(), { label: 'Saving notes', max: 60_000 });
