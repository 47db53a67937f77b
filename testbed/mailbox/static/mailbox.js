// Improves the mailbox page: new mails appear by themselves, choosing a
// recipient shows their mails at once, j and k walk through the list. Without
// it the same is done by the links and the button.

const every = 2000; // milliseconds between two looks

let newest = Number(document.body.dataset.newest);

// look asks whether something is new and, if so, renews the list,
// the count and the recipients to choose from.
async function look() {
  if (document.hidden) return;
  const count = await (await fetch("/api/count")).json();
  if (count.newest === newest) return;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  newest = Number(page.body.dataset.newest);
  const focused = document.activeElement?.closest?.(".list a")?.getAttribute("href");
  for (const part of document.querySelectorAll("[data-live]")) {
    if (part === document.activeElement) continue; // somebody is choosing a recipient
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    if (fresh) part.replaceChildren(...fresh.childNodes);
  }
  if (focused) document.querySelector(`.list a[href="${CSS.escape(focused)}"]`)?.focus();
}

// again keeps looking; a server that is away is simply asked later.
async function again() {
  try {
    await look();
  } catch {
    // The next look tells.
  }
  setTimeout(again, every);
}
setTimeout(again, every);

const filter = document.querySelector("[data-filter]");
filter.querySelector("button").hidden = true;
filter.addEventListener("change", () => filter.requestSubmit());

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("select, input, textarea")) return;
  const step = { j: 1, k: -1 }[event.key];
  if (!step) return;
  const links = [...document.querySelectorAll(".list a")];
  const at = links.findIndex((link) => link === document.activeElement);
  const start = at >= 0 ? at : links.findIndex((link) => link.hasAttribute("aria-current"));
  links[Math.min(Math.max(start + step, 0), links.length - 1)]?.focus();
});
