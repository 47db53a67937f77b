// Asks whether the request on the page is decided: every 3 seconds, slower after
// ten minutes or where the server fails, and not while the page is hidden. The
// page then loads anew and shows what has become of it.
const often = 3_000, soon = 600_000, slowest = 120_000; // milliseconds
const growth = 1.15;

export default function poll() {
  const begun = Date.now();
  let wait = often, timer;
  const look = async () => {
    try {
      const answer = await fetch('/access/state');
      if (answer.redirected || (answer.ok && await answer.text() !== 'pending')) {
        return location.replace(location.pathname + location.search);
      }
      if (Date.now() - begun > soon || !answer.ok) wait *= growth;
    } catch { wait *= 2; }
    later();
  };
  const later = () => {
    wait = Math.min(wait, slowest);
    if (!document.hidden) timer = setTimeout(look, wait);
  };
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (!document.hidden) look();
  });
  later();
}
