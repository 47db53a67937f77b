// Shows what is known about a person who is being added, before the form is sent,
// and keeps the chosen account until its name is edited.
const pause = 300; // milliseconds after the last key
const retry = 1500, retries = 5; // the answer of a slow directory is there later

export default function check(root) {
  for (const form of root.querySelectorAll('form[data-check]')) {
    if (form.dataset.alive) continue;
    form.dataset.alive = 'yes';
    new Check(form);
  }
}

class Check {
  constructor(form) {
    this.form = form;
    this.field = form.elements;
    this.place = form.querySelector('[data-check-notice]');
    this.asked = this.question().toString();
    this.picked = this.field.oid?.value ? this.field.name.value : ''; // name of the chosen person
    this.filled = {};
    this.field.username.addEventListener('input', (event) => {
      this.drop();
      clearTimeout(this.timer);
      if (!event.isComposing) this.timer = setTimeout(() => this.ask(), pause);
    });
    this.field.username.addEventListener('compositionend', () => {
      this.timer = setTimeout(() => this.ask(), pause);
    });
    for (const name of ['username', 'name', 'email']) {
      this.field[name].addEventListener('change', () => this.ask());
    }
    form.addEventListener('people:choose', (event) => this.choose(event.detail));
    this.place.addEventListener('click', (event) => {
      const button = event.target.closest('[data-choose]');
      if (!button) return;
      event.preventDefault();
      this.choose(button.dataset);
      this.field.username.focus();
    });
    new MutationObserver(() => this.label()).observe(this.place, { childList: true });
    const { value, defaultValue } = this.field.username;
    if (value !== defaultValue) { // typed before the script ran
      this.asked = '';
      this.drop();
      this.timer = setTimeout(() => this.ask(), pause);
    }
  }

  question() {
    const { username, name, email } = this.field;
    return new URLSearchParams({
      username: username.value.trim(), name: name.value.trim(), email: email.value.trim(),
    });
  }

  async ask(again) {
    clearTimeout(this.timer);
    const question = this.question();
    if (!again && question.toString() === this.asked) return;
    if (!again && this.told) this.lost = ''; // it was said with the answer for another name
    this.asked = question.toString();
    this.running?.abort();
    if (!question.get('username').includes('@')) {
      return this.place.replaceChildren(...this.dropped());
    }
    if (!again) this.tries = 0;
    const running = (this.running = new AbortController());
    try {
      const { check } = this.form.dataset;
      const answer = await fetch(`${check}?${question}`, { signal: running.signal });
      const text = answer.ok && !answer.redirected ? await answer.text() : '';
      this.tell(new DOMParser().parseFromString(text, 'text/html').body);
    } catch { /* saving asks again */ }
  }

  // tell shows the answer. An account under exactly the typed name counts as chosen.
  tell(notice) {
    const account = notice.querySelector('.chosen[data-oid]');
    if (account) {
      this.hold(account.dataset);
      this.fill(account.dataset, (field) => !field.value.trim());
    }
    const late = notice.querySelector('[data-again]');
    const again = late && this.tries++ < retries;
    if (again) late.querySelector('span').textContent = late.dataset.again;
    if (notice.querySelector('[data-trouble]')) {
      this.form.querySelector('[data-people-trouble]').replaceChildren();
    }
    this.place.replaceChildren(...(account ? [] : this.dropped()), ...notice.childNodes);
    this.told = this.lost !== '';
    if (again) this.timer = setTimeout(() => this.ask(true), retry);
  }

  // choose fills in what the directory knows.
  choose({ oid, username, name, email }) {
    this.hold({ oid, username });
    this.picked = name || username;
    this.lost = '';
    this.field.username.value = username;
    this.fill({ name, email }, () => true);
    this.ask();
  }

  // fill writes into fields, and remembers what it wrote.
  fill(known, allowed) {
    for (const name of ['name', 'email']) {
      if (allowed(this.field[name])) this.field[name].value = this.filled[name] = known[name] ?? '';
    }
  }

  hold({ oid, username }) {
    this.field.oid.value = oid;
    this.field.chosen.value = username;
  }

  // drop lets the chosen account go when its name is edited.
  drop() {
    const { username, oid, chosen } = this.field;
    if (!oid?.value || username.value.trim().toLowerCase() === chosen.value.toLowerCase()) return;
    oid.value = chosen.value = '';
    for (const [name, value] of Object.entries(this.filled)) {
      if (this.field[name].value === value) this.field[name].value = ''; // from the dropped account
    }
    this.filled = {};
    this.lost = this.picked;
    this.told = false;
    this.picked = '';
    this.place.replaceChildren(...this.dropped());
  }

  // dropped shows that no account is chosen any more, until the next choice or the answer for
  // another name.
  dropped() {
    if (!this.lost) return [];
    const said = document.createElement('p');
    said.className = 'sub';
    said.textContent = this.form.dataset.dropped.replace('{name}', this.lost);
    return [said];
  }

  // label names the button after what it will do.
  label() {
    const button = this.form.querySelector('[data-check-plain]');
    const { checkPlain, checkApproves, checkDespite } = button.dataset;
    const confirmed = (field) => this.place.querySelector(`[name=${field}]`);
    const otherwise = confirmed('despite') ? checkDespite : checkPlain;
    button.classList.toggle('primary', !confirmed('despite'));
    button.textContent = confirmed('confirmed') ? checkApproves : otherwise;
  }
}
