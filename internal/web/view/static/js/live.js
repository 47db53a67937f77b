import { read, start } from './app.js';

// Filters lists while the reader types: it fetches the same page and swaps its
// regions, so focus, scroll position and the rest stay. A form on another page has
// the number of rows to show there. Enter opens what is found, if it is the only row.
const pause = 180; // milliseconds after the last key: shorter asks for every letter

export default function live(root) {
  for (const form of root.querySelectorAll('form[data-live]')) {
    const rows = form.dataset.live;
    let timer, running;
    const go = async () => {
      clearTimeout(timer);
      running?.abort();
      running = new AbortController();
      const places = regions(form);
      if (rows && !typed(form)) return places.forEach((region) => region.replaceChildren());
      await swap(places, address(form), running.signal, rows);
    };
    form.addEventListener('input', (event) => {
      form.querySelector(`[data-drop-on="${event.target.name}"]`)?.remove();
      clearTimeout(timer);
      timer = setTimeout(go, event.target.type === 'search' ? pause : 0);
    });
    form.addEventListener('submit', async (event) => {
      if (event.submitter?.hasAttribute('formaction')) return;
      event.preventDefault();
      await go();
      const [only, other] = document.querySelectorAll('[data-region] [data-row] .lead > a');
      if (typed(form) && only && !other) location.assign(only.href);
      else if (rows) location.assign(address(form));
    });
  }
}

function address(form) {
  const url = new URL(form.action);
  for (const [name, value] of new FormData(form)) if (value) url.searchParams.set(name, value);
  return url;
}

function typed(form) { return form.querySelector('[type=search]')?.value.trim(); }

// regions are the parts that a form filters: those of the panel, or those of the page.
function regions(form) {
  const panel = form.closest('[data-panel-body]');
  return [...document.querySelectorAll('[data-region]')]
    .filter((region) => region.closest('[data-panel-body]') === panel);
}

async function swap(places, url, signal, rows) {
  places.forEach((r) => r.setAttribute('aria-busy', 'true'));
  try {
    const source = new URL(url);
    if (rows) source.searchParams.set('rows', rows);
    const { answer, page } = await read(source, signal);
    const lacking = places.some((r) => !page.getElementById(r.id));
    if (answer.redirected || lacking) return location.assign(url);
    for (const region of places) fill(region, page.getElementById(region.id));
    places.forEach((region) => start(region));
    if (!rows && !places.some((region) => region.closest('[data-panel-body]'))) remember(url);
  } catch (error) {
    if (error.name !== 'AbortError') location.assign(url);
    return;
  }
  places.forEach((r) => r.removeAttribute('aria-busy'));
}

// remember puts the filter into the address, unless that is the address of a user beside the list.
function remember(url) {
  const filtered = new CustomEvent('pactius:filtered', { cancelable: true, detail: url.href });
  if (document.dispatchEvent(filtered)) history.replaceState(history.state, '', url);
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
