// Module scripts run in the order in which they stand in the page, so that `window.nightlatch` is there.
const { nightlatch } = window;

const show = () => {
  const { phase, subject } = nightlatch.state;
  const words = { active: `Signed in as ${subject}`, warning: 'Are you still there?', locked: 'Locked', ended: 'Signed out' };
  document.querySelector('#session').textContent = words[phase] ?? 'One moment…';
};

// The server may have answered already.
show();
nightlatch.subscribe(show);

document.querySelector('#out').onclick = () => nightlatch.signOut();

// While something takes long the session does not idle, whoever is at the keyboard.
const saved = () => new Promise((done) => setTimeout(done, 5000));
document.querySelector('#save').onclick = () => nightlatch.withHold(saved(), { label: 'Saving notes', max: 60_000 });
