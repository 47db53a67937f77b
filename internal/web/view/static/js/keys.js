// Single keys: / search on this page or everything, a add, j and k rows, ? shows
// them. They rest while one types, and can be turned off (WCAG 2.1.4).
const off = 'pactius-keys-off';
const typing = 'input, select, textarea, [contenteditable]';

export default function keys(root) {
  if (root !== document) return;
  for (const button of document.querySelectorAll('[data-keys]')) {
    button.hidden = false;
    button.addEventListener('click', show);
  }
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches?.(typing) || localStorage.getItem(off)) return;
    if (document.querySelector('dialog[open]')) return;
    const act = actions[event.key];
    if (act?.()) event.preventDefault();
  });
}

const actions = {
  '/': () => press('[data-key="/"]', 'focus') ?? press('[data-search]', 'click'),
  a: () => press('[data-key=a]', 'click'),
  j: () => step(1),
  k: () => step(-1),
  '?': show,
};

function press(selector, what) {
  const element = document.querySelector(selector);
  element?.[what]();
  return element;
}

function step(by) {
  const links = [...document.querySelectorAll('[data-row] a[href]:not([data-popup])')];
  if (!links.length) return false;
  let at = links.findIndex((l) => l.closest('[data-row]').contains(document.activeElement));
  if (at < 0) at = links.findIndex((l) => l.closest('[data-current]')); // shown in the panel
  const next = links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + by))];
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
  next.dispatchEvent(new CustomEvent('pactius:stepped', { bubbles: true }));
  return true;
}

function show() {
  document.querySelector('#account:popover-open')?.hidePopover();
  const dialog = document.querySelector('template#keys').content.firstElementChild.cloneNode(true);
  const box = dialog.querySelector('[data-keys-on]');
  box.checked = !localStorage.getItem(off);
  box.addEventListener('change', () => {
    if (box.checked) localStorage.removeItem(off);
    else localStorage.setItem(off, '1');
  });
  dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return true;
}
