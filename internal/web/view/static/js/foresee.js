// Says before a form is sent what the person will have: nothing, or the chosen units. Nothing is
// said of someone who is a user already.
export default function foresee(root) {
  for (const place of root.querySelectorAll('[data-foresee]')) {
    if (place.dataset.alive) continue;
    place.dataset.alive = 'yes';
    const form = place.closest('form');
    const { someone, without, chosen, several } = place.dataset;
    const tell = () => {
      const units = [...form.querySelectorAll('.chip')].map((chip) => {
        const path = chip.querySelector('.path').textContent;
        const access = chip.querySelector('[data-chip-access]')?.textContent;
        return access ? `${path} (${access})` : path;
      });
      const kept = form.querySelector('[data-kept]')?.value.split(' ').length ?? 0;
      const n = units.length + kept;
      const text = n === 0 ? without : n === 1 && units.length ? chosen : several;
      const known = form.querySelector('[data-known]');
      const said = known ? '' : text.replace(/{(name|unit|n)}/g, (_, word) => ({
        name: form.elements.name.value.trim() || someone, unit: units[0], n,
      })[word]); // by a function: a typed "$&" means nothing
      if (place.textContent !== said) place.textContent = said;
    };
    for (const kind of ['change', 'input', 'people:choose']) form.addEventListener(kind, tell);
    form.addEventListener('click', tell); // a chip is removed
    // The notice about the person arrives later, and may fill in the name.
    const notice = form.querySelector('[data-check-notice]');
    if (notice) new MutationObserver(tell).observe(notice, { childList: true });
    tell();
  }
}
