import { read, start } from './app.js';

// Shows a user beside the list. The address becomes that of the user's page, which is what the
// link leads to in a narrow window and without scripts, and what a reload shows.
const wide = matchMedia('(min-width: 1100px)');
const links = '[data-row] .lead > a';

export default function panels(root) {
  for (const place of root.querySelectorAll('[data-panel]')) new Panel(place);
}

class Panel {
  constructor(place) {
    this.place = place;
    this.aside = place.querySelector('aside');
    this.body = this.aside.querySelector('[data-panel-body]');
    this.list = location.href;
    this.title = document.title;
    place.addEventListener('click', (event) => this.clicked(event));
    addEventListener('popstate', () => this.travelled());
    document.addEventListener('keydown', (event) => this.key(event));
    place.addEventListener('pactius:stepped', (event) => this.stepped(event));
    document.addEventListener('pactius:saved', (event) => this.saved(event));
    document.addEventListener('pactius:filtered', (event) => this.filtered(event));
  }

  clicked(event) {
    if (event.target.closest('[data-panel-close]')) {
      event.preventDefault();
      return this.leave();
    }
    const link = event.target.closest(links);
    if (!link || !wide.matches || event.button) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.show(link.href, true);
  }

  // show opens a user, or takes the place of the one that is shown.
  async show(href, enter) {
    try {
      const main = await this.fetch(href);
      if (!main) return;
      const inside = history.state?.panel; // also when the browser's forward button leads here
      if (!inside) this.list = location.href;
      history[inside ? 'replaceState' : 'pushState']({ panel: true }, '', href);
      this.at = href;
      await this.fill(main);
      if (enter) this.body.querySelector('h1, [data-error]')?.focus();
    } catch (error) {
      if (error.name !== 'AbortError') location.assign(href);
    }
  }

  // fetch reads a user's page, and gives up the one before. The page's messages become those of
  // this page.
  async fetch(href) {
    this.running?.abort();
    this.running = new AbortController();
    const { answer, page } = await read(href, this.running.signal);
    const main = page.querySelector('body.app main');
    if (answer.redirected || !main) return location.assign(href);
    this.pageTitle = page.title;
    const said = main.querySelector('[data-toasts]');
    const toasts = document.querySelector('[data-toasts]');
    if (said?.children.length) {
      toasts.replaceChildren(...said.childNodes);
      start(toasts);
    }
    main.querySelectorAll('[data-toasts], .crumbs').forEach((part) => part.remove());
    return main;
  }

  async fill(main) {
    await start(main); // before it is seen, so that no click comes too early
    this.body.replaceChildren(...main.childNodes);
    this.body.querySelector('h1, [data-error]')?.setAttribute('tabindex', '-1');
    this.aside.querySelector('[data-panel-page]').href = this.at;
    this.aside.hidden = false;
    this.place.classList.add('open');
    document.title = this.pageTitle;
    this.mark();
  }

  mark() {
    for (const link of this.place.querySelectorAll(links)) {
      const current = link.href === this.at;
      link.closest('[data-row]').toggleAttribute('data-current', current);
      if (current) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }

  row() { return this.place.querySelector('[data-current] .lead > a'); }

  leave() { if (this.at) history.back(); }

  // travelled follows the browser's back and forward buttons.
  travelled() {
    if (history.state?.panel) return this.show(location.href, true);
    if (!this.at) return;
    const row = this.row();
    this.at = undefined;
    this.running?.abort();
    this.aside.hidden = true;
    this.place.classList.remove('open');
    this.body.replaceChildren();
    document.title = this.title;
    if (location.href !== this.list) history.replaceState(history.state, '', this.list);
    this.mark();
    row?.focus();
  }

  key(event) {
    if (!this.at || event.key !== 'Escape') return;
    if (document.querySelector('dialog[open], :popover-open')) return;
    if (event.target.matches('input, select, textarea')) return;
    event.preventDefault();
    this.leave();
  }

  // stepped goes on to the user whose row a key has led to.
  stepped(event) {
    const link = event.target.closest(links);
    if (this.at && link && link.href !== this.at) this.show(link.href, false);
  }

  // filtered keeps the address of the user who is shown; that of the list comes back with the list.
  filtered(event) {
    if (!this.at) return;
    event.preventDefault();
    this.list = event.detail;
    this.mark();
  }

  // saved brings the user and the row up to date after a form in a pop-up.
  async saved(event) {
    if (!this.at) return;
    event.preventDefault();
    try {
      const main = await this.fetch(this.at);
      if (!main) return;
      await this.fill(main);
      const { page } = await read(this.list);
      const region = this.place.querySelector('[data-region]');
      const fresh = page.getElementById(region.id);
      if (!fresh) return location.reload();
      region.replaceChildren(...fresh.childNodes);
      start(region);
      this.mark();
    } catch (error) {
      if (error.name !== 'AbortError') location.reload();
    }
  }
}
