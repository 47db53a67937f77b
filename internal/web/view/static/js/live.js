import { start } from './app.js';

// Filters lists while the reader types: it fetches the same page and swaps its
// regions, so focus, scroll position and the rest stay.
const pause = 180; // milliseconds after the last key: shorter asks for every letter

export default function live(root) {
  for (const form of root.querySelectorAll('form[data-live]')) {
    let timer, running;
    const go = () => {
      clearTimeout(timer);
      running?.abort();
      running = new AbortController();
      swap(address(form), running.signal);
    };
    form.addEventListener('input', (event) => {
      form.querySelector(`[data-drop-on="${event.target.name}"]`)?.remove();
      clearTimeout(timer);
      timer = setTimeout(go, event.target.type === 'search' ? pause : 0);
    });
    form.addEventListener('submit', (event) => { event.preventDefault(); go(); });
  }
}

function address(form) {
  const url = new URL(form.action);
  for (const [name, value] of new FormData(form)) if (value) url.searchParams.set(name, value);
  return url;
}

async function swap(url, signal) {
  const regions = [...document.querySelectorAll('[data-region]')];
  regions.forEach((r) => r.setAttribute('aria-busy', 'true'));
  try {
    const answer = await fetch(url, { signal, headers: { accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const lacking = regions.some((r) => !page.getElementById(r.id));
    if (answer.redirected || lacking) return location.assign(url);
    for (const region of regions) fill(region, page.getElementById(region.id));
    history.replaceState(history.state, '', url);
    regions.forEach((region) => start(region));
  } catch (error) {
    if (error.name !== 'AbortError') location.assign(url);
    return;
  }
  regions.forEach((r) => r.removeAttribute('aria-busy'));
}

// fill keeps the live region of the count: one that is replaced is not read out.
function fill(region, fresh) {
  const old = region.querySelector('[data-tally]');
  const tally = fresh.querySelector('[data-tally]');
  if (old && tally) {
    old.replaceChildren(...tally.childNodes);
    tally.replaceWith(old);
  }
  region.replaceChildren(...fresh.childNodes);
}
