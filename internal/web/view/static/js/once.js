// Takes a form's button once: a second click on a slow line sends nothing.
export default function once(root) {
  for (const form of root.querySelectorAll('form[data-once]')) {
    form.addEventListener('submit', (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = 'yes';
      form.querySelectorAll('button').forEach((b) => b.setAttribute('aria-busy', 'true'));
    });
  }
}

// A page that comes back from the history can be sent again.
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent;
    form.querySelectorAll('button').forEach((b) => b.removeAttribute('aria-busy'));
  }
});
