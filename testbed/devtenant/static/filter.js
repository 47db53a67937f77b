// Filters the list of people as somebody types, and lets the arrow keys walk
// through it. Without this script the search is an ordinary form.

const form = document.querySelector("form[data-filter]");
const list = document.getElementById(form?.dataset.filter);

if (form && list) {
  const input = form.querySelector("input[type=search]");
  const count = document.getElementById(`${list.id}-count`);
  const items = [...list.children].map((item) => ({
    item,
    button: item.querySelector("button"),
    text: item.textContent.toLowerCase(),
  }));
  const total = Number(count.dataset.total);
  // When the server shows a part only, it has to do the searching.
  const complete = items.length === total;

  const shown = () => items.filter(({ item }) => !item.hidden);

  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { item, text } of items) {
      item.hidden = !words.every((word) => text.includes(word));
    }
    const found = shown().length;
    count.textContent = found === total ? `${total} people` : `${found} of ${total} people`;
  };

  if (complete) {
    form.classList.add("live");
    input.addEventListener("input", filter);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const found = shown();
      if (found.length === 1) found[0].button.click();
      else found[0]?.button.focus();
    });
    filter();
  }

  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const stops = [input, ...shown().map(({ button }) => button)];
    const at = stops.indexOf(document.activeElement);
    if (at < 0) return;
    const next = stops[at + step];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });
}
