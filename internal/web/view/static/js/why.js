import { start } from './app.js';

// Looks the account of an explained sign-in up in Microsoft 365 as soon as the
// explanation is open. The link in it leads to the same answer without scripts.
const retry = 1500, retries = 5; // the answer of a slow directory is there later

export default function why(root) {
  for (const place of root.querySelectorAll('[data-why]')) {
    const fold = place.closest('details');
    if (!fold || fold.open) look(place, retries);
    else fold.addEventListener('toggle', () => look(place, retries), { once: true });
  }
}

async function look(place, left) {
  if (!place.dataset.why) return;
  place.setAttribute('aria-busy', 'true');
  try {
    const answer = await fetch(place.dataset.why, { headers: { accept: 'text/html' } });
    const text = answer.ok && !answer.redirected ? await answer.text() : '';
    const page = new DOMParser().parseFromString(text, 'text/html');
    const fresh = page.querySelector('[data-why]');
    if (fresh) {
      place.dataset.why = fresh.dataset.why;
      place.replaceChildren(...fresh.childNodes);
      start(place);
      if (fresh.dataset.why && left > 0) setTimeout(() => look(place, left - 1), retry);
    }
  } catch { /* the link in the explanation asks again */ }
  place.removeAttribute('aria-busy');
}
