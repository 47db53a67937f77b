// Asks, while a user is being added, what is known about the account name, so
// that it is said before saving.
export default function check(root) {
  for (const form of root.querySelectorAll('form[data-check]')) {
    const field = form.elements.username;
    const place = form.querySelector('[data-check-notice]');
    let asked = field.value, running;
    const ask = async () => {
      const typed = field.value.trim();
      if (typed === asked) return;
      asked = typed;
      running?.abort();
      if (!typed.includes('@')) return place.replaceChildren();
      running = new AbortController();
      try {
        const answer = await fetch(`${form.dataset.check}?username=${encodeURIComponent(typed)}`, { signal: running.signal });
        const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : '', 'text/html');
        place.replaceChildren(...page.body.childNodes);
      } catch { /* saving asks again */ }
    };
    const button = form.querySelector('[data-check-plain]');
    new MutationObserver(() => {
      button.textContent = place.querySelector('[name=confirmed]') ? button.dataset.checkApproves : button.dataset.checkPlain;
    }).observe(place, { childList: true });
    let timer;
    field.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(ask, 300); });
    field.addEventListener('change', ask);
  }
}
