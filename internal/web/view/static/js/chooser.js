import { Branches, identify, nodeOf } from './tree.js';

// Chooses business units in a tree of parts: chips carry what is chosen, and the tree has
// the keys of a tree (WAI-ARIA).
const rank = { none: 0, read: 1, write: 2, administer: 3 };
const hidden = (name, value) =>
  Object.assign(document.createElement('input'), { type: 'hidden', name, value });
const initials = { r: 'read', w: 'write', a: 'administer' };

export class Chooser extends Branches {
  constructor(tree) {
    super(tree);
    this.chips = tree.querySelector('[data-chips]');
    this.single = 'single' in tree.dataset;
    this.chosen = new Map(); // by ID: access, path, up, fixed, and the chip if it has one
    const above = this.chips.dataset.chips.split(' ');
    for (const chip of this.chips.children) this.adopt(chip, above);
    for (const kept of tree.querySelector('[data-kept]')?.value.split(' ') ?? []) {
      const id = kept.slice(1).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      if (!this.chosen.has(id)) this.chosen.set(id, { access: initials[kept[0]] });
    }
    for (const name of ['find', 'found', 'tree_shown']) {
      tree.querySelector(`[name=${name}]`)?.removeAttribute('name');
    }
    this.place.removeAttribute('tabindex');
    this.place.addEventListener('change', (event) => this.changed(event.target));
    this.place.addEventListener('keydown', (event) => this.pressed(event));
    this.place.addEventListener('focusin', (event) => this.focused(event.target));
    this.place.addEventListener('toggle', () => this.refresh(), true);
    this.chips.addEventListener('click', (event) => this.chipClicked(event));
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') event.preventDefault();
      if (event.key !== 'ArrowDown') return;
      event.preventDefault();
      this.go(this.stops()[0]);
    });
    for (const node of identify(this.place).querySelectorAll('[data-node]')) this.take(node);
    this.arrived(this.place);
    this.scroll();
  }

  // adopt takes a chip that the page shows; its units above are numbers in a list.
  adopt(chip, above) {
    const { chip: id, access } = chip.dataset;
    const path = chip.querySelector('.path').textContent;
    const fixed = chip.classList.contains('fixed');
    const up = chip.dataset.up ? chip.dataset.up.split(' ').map((n) => above[n]) : [];
    this.chosen.set(id, { access, path, up, fixed, chip });
  }

  // take takes what a row of the page says: what is chosen without a chip, and what the reader
  // has changed before this script came.
  take(node) {
    const id = node.dataset.node, box = this.box(node), select = this.select(node);
    if (box.disabled) return;
    const access = select?.value ?? 'read', one = this.chosen.get(id);
    if (!box.checked) {
      if (box.defaultChecked) this.drop(id);
    } else if (one) {
      if (select && !select.selectedOptions[0].defaultSelected) one.access = access;
    } else if (box.defaultChecked) {
      this.chosen.set(id, { access });
    } else {
      this.add(node);
    }
  }

  // clicked takes a click on the row beside its name for one on the name.
  clicked(event) {
    super.clicked(event);
    const row = event.target.closest('.node');
    if (row && !event.target.closest('label, select')) this.box(nodeOf(row)).click();
  }

  row(node) { return node?.querySelector(':scope > .node'); }

  box(node) { return node.querySelector(':scope > .node input'); }

  select(node) { return node.querySelector(':scope > .node select'); }

  name(node) { return node.querySelector(':scope > .node bdi').textContent; }

  up(node) {
    if (node.dataset.up !== undefined) return node.dataset.up.split(' ');
    const above = nodeOf(node.parentElement);
    return above ? [above.dataset.node, ...this.up(above)] : [];
  }

  path(node) {
    const found = node.querySelector(':scope > .node [data-path]');
    if (found) return found.dataset.path;
    const names = [];
    for (let at = node; at; at = nodeOf(at.parentElement)) names.unshift(this.name(at));
    return (names.length > 1 ? names.slice(1) : names).join(' / ');
  }

  // arrived makes rows that have come controls of the chips, which carry the choice from now on.
  arrived(list) {
    for (const node of list.querySelectorAll('[data-node]')) {
      const box = this.box(node);
      box.removeAttribute('name');
      this.select(node)?.removeAttribute('name');
      box.tabIndex = -1;
      box.setAttribute('aria-hidden', 'true');
      node.setAttribute('role', 'none');
      this.row(node).setAttribute('role', 'treeitem');
    }
    for (const more of list.querySelectorAll('.more')) {
      more.setAttribute('role', 'none');
      more.firstElementChild.setAttribute('role', 'treeitem');
      more.firstElementChild.tabIndex = -1;
    }
    for (const inner of this.place.querySelectorAll('.nodes')) inner.setAttribute('role', 'none');
    const top = this.place.querySelector('.nodes');
    if (top) {
      top.setAttribute('role', 'tree');
      top.ariaLabel = this.tree.querySelector('legend').firstChild.textContent.trim();
      if (!this.single) top.setAttribute('aria-multiselectable', 'true');
    }
    this.refresh();
  }

  // refresh shows in every row and in the hidden fields what is chosen.
  refresh() {
    const partly = new Set([...this.chosen.values()].flatMap((one) => one.up ?? []));
    for (const node of this.place.querySelectorAll('[data-node]')) this.show(node, partly);
    const stops = this.stops();
    const current = stops.find((stop) => stop.tabIndex === 0) ??
      stops.find((stop) => stop.ariaChecked === 'true') ?? stops[0];
    this.reach(current);
    this.carry();
    const count = this.tree.querySelector('[data-tree-count]');
    const { countOne, count: many } = this.tree.dataset;
    const n = this.chosen.size;
    const text = n === 1 ? countOne : many.replace('{n}', n);
    const shown = n ? text : '';
    if (count && count.textContent !== shown) count.textContent = shown;
  }

  show(node, partly) {
    const id = node.dataset.node, box = this.box(node), select = this.select(node);
    const row = this.row(node), one = this.chosen.get(id), up = this.up(node);
    box.checked = Boolean(one);
    if (one && select) select.value = one.access;
    if (one && !one.up) Object.assign(one, { up, path: this.path(node) });
    const label = box.closest('label');
    const some = !one && (partly.has(id) || (this.unknown() && label.classList.contains('partly')));
    label.classList.toggle('partly', some);
    box.indeterminate = some && !this.single;
    let from = null;
    for (const above of up) {
      const given = this.chosen.get(above);
      if (rank[given?.access] > rank[from?.access ?? 'none']) from = { ...given, id: above };
    }
    if (select) this.inherits(row, select, from);
    const fold = node.querySelector(':scope > .fold');
    row.ariaLevel = node.dataset.up === undefined ? up.length + 1 : 1;
    row.ariaChecked = some ? 'mixed' : String(Boolean(one));
    row.ariaDisabled = box.disabled ? 'true' : null;
    row.ariaExpanded = fold ? String(Boolean(fold.open)) : null;
    const mark = fold?.querySelector('summary') ?? fold;
    mark?.setAttribute('tabindex', '-1');
    mark?.setAttribute('aria-hidden', 'true');
  }

  // inherits says in a row which access comes from above.
  inherits(row, select, from) {
    let note = row.querySelector('.inherited');
    if (!from) return note?.remove();
    if (!note) {
      note = Object.assign(document.createElement('span'), { className: 'sub inherited' });
      select.before(note);
    }
    const { inherited } = this.tree.dataset;
    note.textContent = inherited.replace('{access}', this.word(from.access))
      .replace('{unit}', this.unitName(from));
  }

  // unknown reports whether units are chosen of which it is not known where they are.
  unknown() { return [...this.chosen.values()].some((one) => !one.up); }

  unitName({ id, path }) {
    const node = this.place.querySelector(`[data-node="${id}"]`);
    return node ? this.name(node) : path?.split(' / ').at(-1) ?? '';
  }

  word(access) {
    return this.place.querySelector(`option[value=${access}]`)?.textContent ?? access;
  }

  // carry puts what is chosen into the chips' hidden fields; what has no chip is kept in one field.
  carry() {
    const kept = [];
    for (const [id, one] of this.chosen) {
      if (one.fixed) continue;
      if (!one.chip) {
        kept.push(one.access[0] + id);
        continue;
      }
      for (const input of one.chip.querySelectorAll('input')) input.remove();
      one.chip.append(hidden(this.tree.dataset.field, id));
      const shown = one.chip.querySelector('[data-chip-access]');
      if (!shown) continue;
      one.chip.append(hidden('access.' + id, one.access));
      shown.textContent = this.word(one.access);
    }
    let field = this.tree.querySelector('[data-kept]');
    if (!kept.length) return field?.remove();
    if (!field) {
      field = hidden('kept', '');
      field.dataset.kept = '';
      this.chips.after(field);
    }
    field.value = kept.join(' ');
  }

  changed(control) {
    const node = nodeOf(control);
    const id = node.dataset.node;
    if (control.tagName === 'SELECT') {
      const one = this.chosen.get(id);
      if (one) one.access = control.value;
    } else if (control.checked) {
      this.add(node);
    } else {
      this.drop(id);
    }
    this.refresh();
  }

  add(node) {
    const id = node.dataset.node;
    if (this.single) for (const other of [...this.chosen.keys()]) this.drop(other);
    const blank = this.tree.querySelector('template[data-chip-blank]').content.firstElementChild;
    const chip = blank.cloneNode(true), path = this.path(node);
    chip.dataset.chip = id;
    chip.querySelector('.path bdi').textContent = path;
    const remove = chip.querySelector('[data-drop] .unseen');
    if (remove) remove.textContent = remove.textContent.replace('{unit}', path);
    this.chips.append(chip);
    const access = this.select(node)?.value ?? 'read';
    this.chosen.set(id, { access, path, up: this.up(node), chip });
  }

  drop(id) {
    this.chosen.get(id)?.chip?.remove();
    this.chosen.delete(id);
  }

  async chipClicked(event) {
    const chip = event.target.closest('[data-chip]');
    const button = event.target.closest('[data-drop], [data-see]');
    if (!button) return;
    event.preventDefault();
    if ('see' in button.dataset) return this.see(chip.dataset.chip, button);
    const next = (chip.nextElementSibling ?? chip.previousElementSibling)?.querySelector('button');
    this.drop(chip.dataset.chip);
    this.refresh();
    (next ?? this.input).focus();
    this.tree.dispatchEvent(new Event('change', { bubbles: true }));
  }

  // see shows a chosen unit in the tree.
  async see(id, button) {
    const visible = (node) => node?.checkVisibility() ? node : null;
    const row = () => visible(this.row(this.place.querySelector(`[data-node="${id}"]`)));
    if (!row()) {
      const body = await this.load({ see: id }, button);
      if (!body) return;
      button.ariaBusy = null;
      this.input.value = this.searched = '';
      this.kept = null;
      this.place.replaceChildren(...body.childNodes);
      this.arrived(this.place);
    }
    if (row()) this.go(row());
  }

  rows() { return [...this.place.querySelectorAll('[role=treeitem]')]; }

  // stops are the rows that the arrow keys reach, in the order they are seen.
  stops() {
    return this.rows().filter((row) => row.checkVisibility());
  }

  // reach makes a row, with its access, the one that Tab reaches.
  reach(current) {
    for (const row of this.rows()) {
      row.tabIndex = row === current ? 0 : -1;
      const select = row.querySelector('select');
      if (select) select.tabIndex = row.tabIndex;
    }
  }

  go(stop) {
    if (!stop) return;
    this.reach(stop);
    stop.focus();
    stop.scrollIntoView({ block: 'nearest' });
  }

  focused(target) {
    const stop = target.closest('[role=treeitem]');
    if (target.matches('label > input')) this.go(stop); // a click on the name
    else if (stop) this.reach(stop);
  }

  pressed(event) {
    const stop = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || !stop.matches('[role=treeitem]')) return;
    const stops = this.stops(), at = stops.indexOf(stop), node = nodeOf(stop);
    const row = stop.matches('.node');
    const parent = this.row(row ? nodeOf(node.parentElement) : node);
    const fold = row && node.querySelector(':scope > .fold');
    const press = () => (row ? this.box(node).click() : stop.click());
    const act = {
      ArrowDown: () => this.go(stops[at + 1]),
      ArrowUp: () => this.go(stops[at - 1]),
      Home: () => this.go(stops[0]),
      End: () => this.go(stops.at(-1)),
      ArrowRight: () => (fold?.open ? this.go(stops[at + 1]) : fold && this.unfold(node)),
      ArrowLeft: () => (fold?.open ? this.fold(node, false) : this.go(parent)),
      ' ': press,
      Enter: press,
    }[event.key] ?? (event.key.length === 1 && (() => this.go(this.named(event.key, stops, at))));
    if (!act) return;
    event.preventDefault();
    act();
  }

  async unfold(node) {
    await super.unfold(node);
    this.refresh();
  }

  // named is the next row whose name begins with a letter.
  named(letter, stops, at) {
    const lower = (text) => text?.toLocaleLowerCase() ?? '';
    const begins = (stop) => lower(stop.textContent).startsWith(lower(letter));
    return [...stops.slice(at + 1), ...stops.slice(0, at)].find(begins);
  }

  // scroll brings the first chosen row into sight.
  scroll() {
    const first = this.stops().find((stop) => stop.ariaChecked === 'true');
    if (first) this.place.scrollTop = first.offsetTop - this.place.clientHeight / 3;
  }
}
