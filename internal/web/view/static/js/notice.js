// Announces the message of the page, and brings the summary of a form's
// problems into focus. A live region speaks only when it changes.
export default function notice(root) {
  root.querySelector('[data-focus]')?.focus();
  const toast = root.querySelector('[data-toast]');
  if (!toast || toast.dataset.said) return;
  toast.dataset.said = 'yes';
  toast.querySelector('[data-dismiss]')?.addEventListener('click', () => toast.remove());
  const area = toast.parentElement;
  setTimeout(() => area.replaceChildren(toast), 100);
}
