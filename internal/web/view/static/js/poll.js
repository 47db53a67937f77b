// Watches how far a request is while the page is looked at: every 10 seconds,
// then slower, and slower still when the server does not answer.
const first = 10_000, slowest = 120_000; // milliseconds
const growth = 1.15;

export default function poll(root) {
  const card = root.querySelector('[data-poll]');
  let wait = first;
  const look = async () => {
    if (document.hidden) return later();
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const state = page.querySelector('[data-state]')?.dataset.state;
      if (answer.ok && state && state !== card.dataset.state) return tell(card, state);
    } catch { wait *= 2; }
    later();
  };
  const later = () => { wait = Math.min(wait * growth, slowest); setTimeout(look, wait); };
  document.addEventListener('visibilitychange', () => { if (!document.hidden) wait = first; });
  setTimeout(look, wait);
}

function tell(card, state) {
  const name = state === 'approved' ? '[data-poll-done]' : '[data-poll-changed]';
  card.querySelector(name).hidden = false;
}
