import { start } from './app.js';

// Short forms open over the page they belong to. The link leads to a page with
// the same form, which the pop-up shows and which opens where scripts fail.
export default function popups(root) {
  for (const link of root.querySelectorAll('a[data-popup]')) {
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      open(link);
    });
  }
}

async function open(link) {
  if (link.getAttribute('aria-busy')) return;
  link.setAttribute('aria-busy', 'true');
  try {
    const answer = await fetch(link.href, { headers: { accept: 'text/html' } });
    const page = answer.redirected ? null : parse(await answer.text());
    if (!page?.body) return location.assign(link.href);
    link.focus({ preventScroll: true }); // where the focus returns to, also when a key opened it
    new Popup(page);
  } catch {
    location.assign(link.href);
  } finally {
    link.removeAttribute('aria-busy');
  }
}

function parse(html) {
  const page = new DOMParser().parseFromString(html, 'text/html');
  return {
    title: page.querySelector('h1')?.textContent,
    help: page.querySelector('[data-help]')?.getAttribute('href'),
    body: page.querySelector('[data-popup-body]') ?? page.querySelector('[data-error]'),
  };
}

// The fields one can see: those in a closed part of a form take no focus.
const fields = ':is(input:not([type=hidden]), textarea, select):not(details:not([open]) *)';

class Popup {
  constructor(page) {
    const { content } = document.querySelector('template#popup');
    this.dialog = content.firstElementChild.cloneNode(true);
    this.leave = this.dialog.querySelector('.popup-leave');
    this.failed = this.dialog.querySelector('.popup-failed');
    document.body.append(this.dialog);
    this.dialog.addEventListener('click', (event) => this.clicked(event));
    this.dialog.addEventListener('submit', (event) => this.submit(event));
    this.dialog.addEventListener('cancel', (event) => { event.preventDefault(); this.ask(); });
    // Escape is taken as a key: a browser lets only the first cancel be prevented.
    this.dialog.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      this.ask();
    });
    this.dialog.addEventListener('close', () => this.dialog.remove());
    this.dialog.addEventListener('input', () => { this.touched = true; });
    this.dialog.showModal();
    const ready = this.fill(page);
    this.clean = this.typed();
    // Scripts may carry what is chosen in other fields.
    ready.then(() => { if (!this.touched) this.clean = this.typed(); });
  }

  fill(page) {
    this.dialog.querySelector('#popup-title').textContent = page.title ?? '';
    if (page.help) this.dialog.querySelector('[data-help]').href = page.help;
    const slot = this.dialog.querySelector('[data-slot]');
    slot.replaceChildren(...page.body.childNodes);
    // The first field; without one, the button that changes nothing.
    const first = ['[data-focus]', '[autofocus]', fields, '[data-close]', 'button, a'];
    slot.querySelector(first.find((selector) => slot.querySelector(selector)))?.focus();
    return start(slot);
  }

  typed() {
    const form = this.dialog.querySelector('[data-slot] form');
    return form ? String(new URLSearchParams(new FormData(form))).split('&').sort().join('&') : '';
  }

  clicked(event) {
    const at = event.target;
    if (at === this.dialog || at.closest('[data-close]')) {
      event.preventDefault();
      this.ask();
    } else if (at.closest('[data-discard]')) {
      this.dialog.close();
    } else if (at.closest('[data-stay]')) {
      this.asking(false);
      this.dialog.querySelector('[data-slot]').querySelector(fields)?.focus();
    }
  }

  // ask closes, or asks first where something typed would be lost.
  ask() {
    if (this.sending) return;
    if (this.typed() === this.clean) return this.dialog.close();
    this.asking(true);
    this.leave.querySelector('[data-stay]').focus();
  }

  // asking shows the question over the form, which rests until it is answered.
  asking(on) {
    this.leave.hidden = !on;
    this.dialog.querySelector('[data-slot]').inert = on;
  }

  async submit(event) {
    if (event.defaultPrevented) return; // a script of the form's own has answered
    event.preventDefault();
    if (this.sending) return;
    const form = event.target;
    this.busy(true);
    this.failed.hidden = true;
    try {
      const body = new URLSearchParams(new FormData(form, event.submitter));
      const answer = await fetch(event.submitter?.getAttribute('formaction') ?? form.action, {
        method: 'POST', body, redirect: 'manual', headers: { accept: 'text/html' },
      });
      // Done: the page below, or the one after it, says so. The answer's own
      // target is left alone, because looking at it would use up that message.
      // Signed out meanwhile: both lead to the sign-in.
      if (answer.type === 'opaqueredirect' || answer.status === 401) {
        const { then } = form.dataset;
        if (then) return location.assign(then);
        return this.saved() ? this.dialog.close() : location.reload();
      }
      const page = parse(await answer.text());
      if (!page.body) throw new Error('no form in the answer');
      await this.fill(page);
    } catch {
      this.failed.hidden = false;
    }
    this.busy(false);
  }

  // saved reports whether the page brings itself up to date.
  saved() {
    return !document.dispatchEvent(new CustomEvent('pactius:saved', { cancelable: true }));
  }

  busy(on) {
    this.sending = on;
    for (const b of this.dialog.querySelectorAll('[data-slot] button')) {
      if (on) b.setAttribute('aria-busy', 'true');
      else b.removeAttribute('aria-busy');
    }
  }
}
