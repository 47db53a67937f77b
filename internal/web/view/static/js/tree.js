import { start } from './app.js';

// Business units in parts: a tree that loads its branches, and a search. Without scripts
// the same buttons and links show the page again.
const pause = 180; // milliseconds after the last key

export default function trees(root) {
  const ready = [];
  for (const tree of root.querySelectorAll('[data-tree]')) {
    if (tree.dataset.alive || !tree.querySelector('[data-branches]')) continue;
    tree.dataset.alive = 'yes';
    if (!tree.dataset.field) new Branches(tree);
    else ready.push(choose(tree));
  }
  return Promise.all(ready);
}

// choose makes a chooser as soon as it can be seen.
async function choose(tree) {
  const fold = tree.closest('details:not([open])');
  if (fold) return fold.addEventListener('toggle', () => choose(tree), { once: true });
  const { Chooser } = await import('./chooser.js');
  return new Chooser(tree);
}

// identify gives the rows of a chooser the ID that their box has.
export function identify(root) {
  for (const node of root.querySelectorAll('[data-node=""]')) {
    node.dataset.node = node.querySelector('.node input').value;
  }
  return root;
}

export const nodeOf = (element) => element?.closest('[data-node]');

export class Branches {
  constructor(tree) {
    this.tree = tree;
    this.place = tree.querySelector('[data-branches]');
    this.input = tree.querySelector('[type=search]');
    this.searched = this.input.value.trim();
    this.place.addEventListener('click', (event) => this.clicked(event));
    this.input.addEventListener('input', () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.find(), pause);
    });
    this.input.form.addEventListener('submit', (event) => {
      if (this.tree.contains(event.target)) event.preventDefault(); // a list's form only searches
    });
  }

  clicked(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const button = event.target.closest('[data-fold], [data-more]');
    if (!button) return;
    event.preventDefault();
    if ('more' in button.dataset) this.more(button);
    else this.unfold(nodeOf(button));
  }

  // load fetches rows; where that fails, the button or link shows the page without a script.
  async load(query, button, signal) {
    if (button?.ariaBusy) return null;
    if (button) button.ariaBusy = 'true';
    const url = new URL(this.tree.dataset.tree, location);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    try {
      const answer = await fetch(url, { signal, headers: { accept: 'text/html' } });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      return identify(new DOMParser().parseFromString(await answer.text(), 'text/html').body);
    } catch (error) {
      if (error.name === 'AbortError') return null;
      if (button) button.ariaBusy = null;
      if (button?.href) location.assign(button.href);
      else if (button) button.form.requestSubmit(button);
      return null;
    }
  }

  // unfold loads the units below a node and shows them.
  async unfold(node) {
    const button = node.querySelector(':scope > [data-fold]');
    if (!button) return this.fold(node, true);
    const list = (await this.load({ open: node.dataset.node }, button))?.querySelector('.nodes');
    if (!list || !button.isConnected) return;
    const fold = document.createElement('details');
    fold.className = 'fold';
    fold.open = true;
    fold.append(document.createElement('summary'));
    fold.firstChild.append(...button.childNodes);
    const focused = button === document.activeElement;
    button.replaceWith(fold);
    node.append(list);
    this.arrived(list);
    if (focused) fold.firstChild.focus();
  }

  fold(node, open) {
    const fold = node.querySelector(':scope > details.fold');
    if (fold) fold.open = open;
  }

  // more loads the units that follow and puts them in place of the button. A unit that was
  // shown ahead of them moves.
  async more(button) {
    const item = button.closest('.more');
    const after = button.dataset.more || button.value.slice('after:'.length);
    const list = (await this.load({ after }, button))?.querySelector('.nodes');
    if (!list || !item.isConnected) return;
    const shown = item.parentElement;
    const ahead = new Map([...shown.children].map((node) => [node.dataset.node, node]));
    const fresh = [...list.children].map((node) => ahead.get(node.dataset.node) ?? node);
    item.replaceWith(...fresh);
    this.arrived(shown);
    fresh[0]?.querySelector('.node a, [role=treeitem]')?.focus();
  }

  async find() {
    const typed = this.input.value.trim();
    if (typed === this.searched) return;
    this.running?.abort();
    this.running = new AbortController();
    const body = await this.load(typed ? { find: typed } : {}, null, this.running.signal);
    if (!body || typed !== this.input.value.trim()) return;
    if (typed) this.kept ??= this.searched ? null : [...this.place.childNodes];
    const back = !typed && this.kept;
    this.searched = typed;
    this.place.replaceChildren(...(back || body.childNodes));
    if (!typed) this.kept = null;
    this.arrived(this.place);
    this.place.scrollTop = 0;
  }

  arrived(list) { start(list); }
}
