// Takes a form's button once: a second click on a slow line sends nothing.
export default function once(root) {
  for (const form of root.querySelectorAll('form[data-once]')) {
    form.addEventListener('submit', (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = 'yes';
      buttons(form).forEach((b) => b.setAttribute('aria-busy', 'true'));
    });
  }
}

// buttons are those in the form, and those elsewhere that belong to it.
function buttons(form) { return [...form.elements].filter((e) => e.localName === 'button'); }

// A page that comes back from the history can be sent again.
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent;
    buttons(form).forEach((b) => b.removeAttribute('aria-busy'));
  }
});
