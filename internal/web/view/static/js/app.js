// Loads the modules that the page's data attributes name. Each has one
// behaviour; without scripts every page works.
const behaviours = {
  'body[data-tz]': 'timezone.js',
  '[data-toast], [data-focus]': 'notice.js',
  '[data-popup]': 'popup.js',
  '[data-tree]': 'tree.js',
  '[data-live]': 'live.js',
  '[data-panel]': 'panel.js',
  '[data-people]': 'people.js',
  '[data-check]': 'check.js',
  '[data-member]': 'member.js',
  '[data-approve]': 'approve.js',
  '[data-foresee]': 'foresee.js',
  '[data-poll]': 'poll.js',
  '[data-once]': 'once.js',
  '[data-go]': 'go.js',
  '[data-copy]': 'copy.js',
  '[data-why]': 'why.js',
  '[data-read]': 'read.js',
  '[data-branding]': 'branding.js',
  'template#search': 'search.js',
  'template#keys': 'keys.js',
};

// start binds the modules to the page, or to content added later.
// The order above counts: a key that opens a pop-up comes after pop-ups.
export async function start(root) {
  const wanted = Object.entries(behaviours).filter(([selector]) => root.querySelector(selector));
  const modules = await Promise.all(wanted.map(([, name]) => import('./' + name)));
  await Promise.all(modules.map((module) => module.default(root)));
}

// read fetches a page.
export async function read(url, signal) {
  const answer = await fetch(url, { signal, headers: { accept: 'text/html' } });
  return { answer, page: new DOMParser().parseFromString(await answer.text(), 'text/html') };
}

start(document);

// The address was that of a panel when the page was reloaded. The one before it is the list's,
// which the browser would take for another part of this page.
if (history.state?.panel) {
  addEventListener('popstate', () => { if (!history.state?.panel) location.reload(); });
}
