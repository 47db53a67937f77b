// Loads what the page needs and nothing else. Each module has one behaviour and
// is bound to elements by data attributes; without scripts every page works.
const behaviours = {
  'body[data-tz]': 'timezone.js',
  '[data-toast], [data-focus]': 'notice.js',
  '[data-popup]': 'popup.js',
  '[data-tree]': 'tree.js',
  '[data-live]': 'live.js',
  '[data-people]': 'people.js',
  '[data-check]': 'check.js',
  '[data-approve]': 'approve.js',
  '[data-poll]': 'poll.js',
  '[data-once]': 'once.js',
  '[data-copy]': 'copy.js',
  '[data-read]': 'read.js',
  'template#keys': 'keys.js',
};

// start brings content to life: the page once, and whatever is put into it later.
export async function start(root) {
  const wanted = Object.entries(behaviours).filter(([selector]) => root.querySelector(selector));
  await Promise.all(wanted.map(async ([, name]) => (await import('./' + name)).default(root)));
}

start(document);
