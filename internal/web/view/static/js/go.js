// Presses the one button of a page for the reader, who sees the page for a
// moment: at most once a minute, so that pages cannot lead to each other forever.
const moment = 800, pause = 60_000; // milliseconds

export default function go(root) {
  const form = root.querySelector('form[data-go]');
  try {
    if (Date.now() - sessionStorage.getItem('went') < pause) return;
  } catch { return; }
  setTimeout(() => { // a page that is reloaded before does not count
    sessionStorage.setItem('went', Date.now());
    form.requestSubmit();
  }, moment);
}
