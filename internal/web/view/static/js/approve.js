// Names the approve button after what it will do: with or without business units.
export default function approve(root) {
  for (const button of root.querySelectorAll('[data-approve]')) {
    const form = button.form;
    const assigning = button.textContent;
    const name = () => {
      const any = form.querySelector('[name=unit]:is(:checked, [type=hidden]), [name=kept]');
      button.textContent = any ? assigning : button.dataset.approve;
    };
    form.addEventListener('change', name);
    name();
  }
}
