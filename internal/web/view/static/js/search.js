import { read } from './app.js';
import { point } from './point.js';

// Searches everything from any page, by Ctrl K: a combobox with a list in a dialog
// (WAI-ARIA 1.2). The focus stays in the field; the first result is pointed at. The
// links that open it lead to a page with the same results where scripts fail.
const pause = 80; // milliseconds after the last key: shorter asks for every letter
const patience = 300; // before a wait is shown

export default function search(root) {
  const apple = /Mac|iPhone|iPad/.test(navigator.platform);
  const hints = [root, document.querySelector('template#keys')?.content].filter(Boolean);
  for (const at of hints.flatMap((r) => [...r.querySelectorAll('[data-search-keys]')])) {
    if (apple) at.textContent = '⌘ K';
  }
  for (const link of root.querySelectorAll('[data-search]')) {
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      open(link);
    });
  }
  if (root !== document) return;
  document.addEventListener('keydown', (event) => {
    const pressed = (apple ? event.metaKey : event.ctrlKey) && event.key.toLowerCase() === 'k';
    if (!pressed || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (!document.querySelector('dialog[open]')) open();
  });
}

function open(link) {
  document.querySelector('#menu:popover-open')?.hidePopover();
  link?.focus({ preventScroll: true }); // where the focus returns to, also when a key opened it
  new Search();
}

class Search {
  constructor() {
    const { content } = document.querySelector('template#search');
    this.dialog = content.firstElementChild.cloneNode(true);
    const part = (selector) => this.dialog.querySelector(selector);
    this.input = part('input');
    this.list = part('[data-list]');
    this.said = part('[data-said]');
    this.trouble = part('[data-trouble]');
    this.lost = part('[data-trouble-lost]');
    this.out = part('[data-trouble-out]');
    this.active = -1;
    this.options = [];
    const roles = {
      role: 'combobox', 'aria-autocomplete': 'list', 'aria-haspopup': 'listbox',
      'aria-expanded': 'false', 'aria-controls': this.list.id,
    };
    for (const [name, value] of Object.entries(roles)) this.input.setAttribute(name, value);
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', this.list.dataset.list);
    this.input.addEventListener('input', (event) => { if (!event.isComposing) this.typed(); });
    this.input.addEventListener('compositionend', () => this.typed());
    this.input.addEventListener('keydown', (event) => this.key(event));
    this.input.form.addEventListener('submit', (event) => this.enter(event));
    this.list.addEventListener('mousedown', (event) => event.preventDefault());
    this.dialog.addEventListener('click', (event) => {
      if (event.target === this.dialog || event.target.closest('[data-close]')) this.close();
    });
    this.dialog.addEventListener('close', () => {
      clearTimeout(this.timer);
      this.running?.abort();
      this.dialog.remove();
    });
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.input.focus();
    this.ask();
  }

  close() { this.dialog.close(); }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), pause);
  }

  async ask() {
    this.running?.abort();
    const running = (this.running = new AbortController());
    const typed = this.input.value.trim();
    const waiting = setTimeout(() => { this.list.setAttribute('aria-busy', 'true'); }, patience);
    try {
      const url = `${this.input.form.action}?part=1&q=${encodeURIComponent(typed)}`;
      const { answer, page } = await read(url, running.signal);
      if (answer.redirected || answer.status === 401) this.fail(this.out, typed);
      else if (answer.ok) this.fill(page, typed);
      else this.fail(page.querySelector('[data-error] p') ?? this.lost, typed);
    } catch (error) {
      if (error.name !== 'AbortError') this.fail(this.lost, typed);
    }
    clearTimeout(waiting);
    if (running === this.running) this.list.removeAttribute('aria-busy');
  }

  // fill shows what was found: a group of options for each section.
  fill(page, typed) {
    this.shown = typed;
    this.trouble.hidden = true;
    const groups = [...page.querySelectorAll('[data-found]')];
    for (const group of groups) {
      group.setAttribute('role', 'group');
      for (const part of group.querySelectorAll('h2, ul, li, p')) part.role = 'presentation';
    }
    this.options = groups.flatMap((group) => [...group.querySelectorAll('a')]);
    this.options.forEach((option, i) => {
      option.role = 'option';
      option.id = `found-${i}`;
      option.tabIndex = -1;
      option.setAttribute('aria-selected', 'false');
    });
    this.list.replaceChildren(...groups);
    this.list.scrollTop = 0;
    this.input.setAttribute('aria-expanded', String(this.options.length > 0));
    this.active = -1;
    this.move(typed && this.options.length ? 0 : -1);
    this.say(page.querySelector('[data-said]'));
  }

  // say tells how much was found; what is visible only where nothing was.
  say(said) {
    const text = said?.textContent.trim() ?? '';
    if (this.said.textContent !== text) this.said.textContent = text;
    this.said.className = this.options.length ? 'unseen' : 'sub nothing';
  }

  fail(message, typed) {
    this.fill(document.createElement('div'), typed);
    this.trouble.querySelector('p').replaceChildren(...message.cloneNode(true).childNodes);
    const link = this.trouble.querySelector('a[href="/search"]');
    if (link && typed) link.href += `?q=${encodeURIComponent(typed)}`;
    this.trouble.hidden = false;
  }

  // move points at an option; -1 at none.
  move(to) {
    this.active = to;
    point(this.input, this.options, to);
  }

  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.keys[event.key]?.call(this)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  // enter opens what is pointed at. Of what was typed since, nothing is known yet: the page
  // with all results opens.
  enter(event) {
    const option = this.options[this.active];
    if (!option || this.shown !== this.input.value.trim()) return;
    event.preventDefault();
    option.click();
  }

  // Each reports whether the key was for the list.
  keys = {
    ArrowDown() {
      this.move(this.active + 1 < this.options.length ? this.active + 1 : 0);
      return true;
    },
    ArrowUp() {
      this.move(this.active > 0 ? this.active - 1 : this.options.length - 1);
      return true;
    },
    Home() { if (this.active > 0) this.move(0); return this.options.length > 0; },
    End() { this.move(this.options.length - 1); return this.options.length > 0; },
    Escape() { this.close(); return true; },
  };
}
