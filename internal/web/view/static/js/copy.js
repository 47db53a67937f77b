// Copies the details for Support.
export default function copy(root) {
  for (const button of root.querySelectorAll('[data-copy]')) {
    button.addEventListener('click', async () => {
      const text = button.parentElement.querySelector('[data-copy-text]').textContent;
      await navigator.clipboard.writeText(text);
      button.querySelector('span').textContent = button.dataset.done;
    });
  }
}
