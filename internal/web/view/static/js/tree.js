// The check tree: three states, access shown as inherited while it is chosen, a
// count, and a box to find a unit.
export default function trees(root) {
  for (const tree of root.querySelectorAll('[data-tree]')) {
    if (tree.dataset.alive) continue;
    tree.dataset.alive = 'yes';
    tree.addEventListener('change', () => refresh(tree));
    const filter = tree.querySelector('[data-tree-filter]');
    filter?.addEventListener('input', () => find(tree, filter.value));
    filter?.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') event.preventDefault();
    });
    refresh(tree);
  }
}

const nodesOf = (list) => (list ? [...list.children] : []);
const boxOf = (node) => node.querySelector(':scope > .node input');
const nameOf = (node) => node.querySelector(':scope > .node [data-name]').textContent;
const rank = { none: 0, read: 1, write: 2, administer: 3 };

function refresh(tree) {
  nodesOf(tree.querySelector('.nodes')).forEach((node) => inherit(tree, node, null));
  const chosen = tree.querySelectorAll('input[name=unit]:checked').length;
  const count = tree.querySelector('[data-tree-count]');
  const text = chosen === 1 ? tree.dataset.countOne : tree.dataset.count.replace('{n}', chosen);
  const shown = chosen ? text : '';
  if (count.textContent !== shown) count.textContent = shown;
}

// inherit shows what comes from above and reports whether anything here or
// below is chosen.
function inherit(tree, node, from) {
  const box = boxOf(node);
  const select = node.querySelector(':scope > .node select');
  const note = node.querySelector(':scope > .node [data-inherit]');
  if (note) {
    const { inherited } = tree.dataset;
    note.textContent = from
      ? inherited.replace('{access}', from.word).replace('{unit}', from.unit) : '';
  }
  if (select && box.checked && rank[select.value] > (from?.rank ?? 0)) {
    from = { rank: rank[select.value], word: select.selectedOptions[0].text, unit: nameOf(node) };
  }
  let beneath = false;
  for (const child of nodesOf(node.querySelector(':scope > .nodes'))) {
    beneath = inherit(tree, child, from) || beneath;
  }
  box.indeterminate = !box.checked && beneath;
  return box.checked || beneath;
}

function find(tree, typed) {
  const wanted = typed.trim().toLocaleLowerCase();
  let found = false;
  const show = (node) => {
    let beneath = false;
    for (const child of nodesOf(node.querySelector(':scope > .nodes'))) {
      beneath = show(child) || beneath;
    }
    const self = nameOf(node).toLocaleLowerCase().includes(wanted);
    node.hidden = !self && !beneath;
    const fold = node.querySelector(':scope > .fold');
    if (fold && wanted && beneath) fold.open = true;
    found = found || self;
    return self || beneath;
  };
  nodesOf(tree.querySelector('.nodes')).forEach(show);
  tree.querySelector('[data-tree-none]').hidden = found;
}
