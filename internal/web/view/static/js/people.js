import { point } from './point.js';

// Finds people while one types: an editable combobox with a list (WAI-ARIA 1.2;
// Authoring Practices, "Editable Combobox With List Autocomplete"). The focus
// stays in the field. The form learns of a choice by the event people:choose.
const pause = 200; // milliseconds after the last key: shorter asks for every letter
const patience = 300; // before a wait is shown
const retry = 1500, retries = 5; // the answer of a slow directory is there later

export default function people(root) {
  for (const picker of root.querySelectorAll('[data-people]')) {
    if (picker.dataset.alive) continue;
    picker.dataset.alive = 'yes';
    new Picker(picker);
  }
}

class Picker {
  constructor(picker) {
    this.picker = picker;
    this.input = picker.querySelector('input');
    this.list = picker.querySelector('[data-people-list]');
    this.said = picker.querySelector('[data-people-said]');
    this.trouble = picker.querySelector('[data-people-trouble]');
    this.active = -1;
    const roles = {
      role: 'combobox', 'aria-autocomplete': 'list', 'aria-haspopup': 'listbox',
      'aria-expanded': 'false', 'aria-controls': this.list.id,
    };
    for (const [name, value] of Object.entries(roles)) this.input.setAttribute(name, value);
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', this.list.dataset.peopleList);
    // While an input method composes, the text in the field is not final.
    this.input.addEventListener('input', (event) => { if (!event.isComposing) this.typed(); });
    this.input.addEventListener('compositionend', () => this.typed());
    this.input.addEventListener('keydown', (event) => this.key(event));
    // Assistive software may send it alone.
    this.input.addEventListener('keypress', (event) => {
      if (event.key === this.took) event.preventDefault();
    });
    this.input.addEventListener('blur', () => this.close());
    this.list.addEventListener('mousedown', (event) => event.preventDefault());
    this.list.addEventListener('click', (event) => {
      const option = event.target.closest('[role=option]');
      if (option) this.choose(option);
    });
    if (this.input.value !== this.input.defaultValue) this.typed(); // typed before the script ran
  }

  get options() { return [...this.list.children]; }
  get open() { return !this.list.hidden; }

  typed() {
    clearTimeout(this.timer);
    this.tries = 0;
    this.move(-1); // the option pointed at may no longer be the one meant
    this.timer = setTimeout(() => this.ask(), pause);
  }

  async ask() {
    const typed = this.input.value.trim();
    this.running?.abort();
    if (!typed) return this.fill(null);
    const running = (this.running = new AbortController());
    const waiting = setTimeout(() => { this.picker.dataset.waiting = ''; }, patience);
    try {
      const url = `${this.picker.dataset.people}?q=${encodeURIComponent(typed)}`;
      const answer = await fetch(url, { signal: running.signal });
      const text = answer.ok && !answer.redirected ? await answer.text() : '';
      const page = new DOMParser().parseFromString(text, 'text/html');
      if (running === this.running) this.fill(page, typed);
    } catch { /* typing goes on, and saving looks again */ }
    clearTimeout(waiting);
    if (running === this.running) delete this.picker.dataset.waiting;
  }

  // fill shows the result; null means that there was no question.
  fill(page, typed) {
    const options = page ? [...page.querySelectorAll('[role=option]')] : [];
    this.photos = options.map((option) => option.querySelector('img')).filter(Boolean);
    for (const photo of this.photos) {
      photo.dataset.src = photo.getAttribute('src');
      photo.removeAttribute('src');
    }
    this.list.replaceChildren(...options);
    this.move(-1);
    const said = page?.querySelector('[data-said]')?.textContent ?? '';
    if (this.said.textContent !== said) this.said.textContent = said;
    const trouble = page?.querySelector('[data-trouble]');
    const again = trouble?.hasAttribute('data-again') && this.tries++ < retries;
    if (again) trouble.querySelector('span').textContent = trouble.dataset.again;
    const told = this.input.form.querySelector('[data-check-notice] [data-trouble]');
    this.trouble.replaceChildren(...(trouble && !told ? trouble.childNodes : []));
    // A whole account name in the field needs no list: the form shows the person.
    const exact = options.length === 1
      && options[0].dataset.username.toLowerCase() === typed.toLowerCase();
    this.show(options.length > 0 && !exact && document.activeElement === this.input);
    this.load();
    clearTimeout(this.timer);
    if (again) {
      this.timer = setTimeout(() => { if (this.input.value.trim() === typed) this.ask(); }, retry);
    }
  }

  // load fetches the pictures one after the other, and only while they are looked at.
  async load() {
    for (const photo of this.photos) {
      if (!photo.isConnected || !this.open) return;
      if (photo.hasAttribute('src')) continue;
      photo.src = photo.dataset.src;
      await new Promise((done) => { photo.onload = photo.onerror = done; });
    }
  }

  show(on) {
    this.list.hidden = !on;
    this.input.setAttribute('aria-expanded', String(on));
    if (!on) this.move(-1);
  }

  close() { this.show(false); }

  // move points at an option; -1 at none.
  move(to) {
    this.active = to;
    point(this.input, this.options, to);
  }

  choose(option) {
    clearTimeout(this.timer);
    this.running?.abort();
    this.close();
    this.said.textContent = '';
    if ('peopleSubmit' in this.picker.dataset) return this.send(option);
    const detail = { ...option.dataset };
    this.input.form.dispatchEvent(new CustomEvent('people:choose', { detail }));
  }

  // send sends the form with the chosen person, by the picker's own button.
  send(option) {
    const button = this.picker.querySelector('button');
    button.value = option.dataset.oid;
    this.input.form.requestSubmit(button);
  }

  key(event) {
    this.took = null;
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const act = this.open ? this.whenOpen[event.key] : this.whenClosed[event.key];
    if (act?.call(this, event)) {
      this.took = event.key;
      event.preventDefault();
      event.stopPropagation(); // Escape closes the list and not the pop-up
    }
  }

  // Each reports whether the key was for the list.
  whenClosed = {
    ArrowDown() { this.reopen(0); return true; },
    ArrowUp() { this.reopen(this.options.length - 1); return true; },
  };

  whenOpen = {
    ArrowDown() {
      this.move(this.active + 1 < this.options.length ? this.active + 1 : 0);
      return true;
    },
    ArrowUp(event) {
      if (event.altKey) this.close();
      else this.move(this.active > 0 ? this.active - 1 : this.options.length - 1);
      return true;
    },
    Home() { if (this.active >= 0) this.move(0); return this.active >= 0; },
    End() { if (this.active >= 0) this.move(this.options.length - 1); return this.active >= 0; },
    Escape() { this.close(); return true; },
    Tab() { if (this.active >= 0) this.choose(this.options[this.active]); return false; },
    Enter() {
      if (this.active >= 0) this.choose(this.options[this.active]);
      // a whole account name: the form's own Enter
      else if (this.input.value.includes('@')) return false;
      else this.move(0);
      return true;
    },
  };

  reopen(to) {
    if (!this.options.length) return this.ask();
    this.show(true);
    this.move(to);
    this.load();
  }
}
