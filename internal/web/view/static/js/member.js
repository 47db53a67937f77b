// Keeps the chosen user of a form that gives access, until the field is edited.
export default function members(root) {
  for (const form of root.querySelectorAll('form[data-member]')) {
    if (form.dataset.alive) continue;
    form.dataset.alive = 'yes';
    const field = form.elements.q;
    const drop = () => {
      for (const input of form.querySelectorAll('[type=hidden][name=user]')) input.remove();
    };
    form.addEventListener('people:choose', ({ detail: { user, name, username } }) => {
      drop();
      form.querySelector('[data-lookup]')?.remove(); // what was found without the list
      field.value = name || username;
      const chosen = { type: 'hidden', name: 'user', value: user };
      form.append(Object.assign(document.createElement('input'), chosen));
    });
    field.addEventListener('input', drop);
  }
}
