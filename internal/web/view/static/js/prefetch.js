// Fetches a page when the pointer rests on its link: it is there when clicked.
// Nothing changes anything on GET. The server lets such an answer be kept for
// some seconds; without that the browser simply asks again.
const rest = 70;       // milliseconds: passing over a link is no interest in it
const again = 10_000;  // milliseconds until the same page is fetched anew
const fetched = new Map();

export default function prefetch(root) {
  if (root !== document || navigator.connection?.saveData) return;
  let timer;
  document.addEventListener('pointerover', (event) => {
    clearTimeout(timer);
    const link = event.target.closest?.('a[href]');
    if (link && event.pointerType === 'mouse' && wanted(link)) timer = setTimeout(get, rest, link.href);
  });
}

function wanted(link) {
  const url = new URL(link.href);
  return url.origin === location.origin && url.pathname !== location.pathname && !link.dataset.popup && !link.download
    && !(Date.now() - fetched.get(link.href) < again);
}

function get(href) {
  fetched.set(href, Date.now());
  fetch(href, { priority: 'low', headers: { accept: 'text/html', 'x-purpose': 'prefetch' } }).catch(() => {});
}
