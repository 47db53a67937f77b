// Copies the text beside a button. Where the browser does not let a script
// copy, the text is selected, so that a key does it.
export default function copy(root) {
  for (const button of root.querySelectorAll('[data-copy]')) {
    const text = button.parentElement.querySelector('[data-copy-text]');
    button.addEventListener('click', async () => {
      const said = button.querySelector('span');
      try {
        await navigator.clipboard.writeText(text.textContent);
        said.textContent = button.dataset.done;
      } catch {
        getSelection().selectAllChildren(text);
        said.textContent = button.dataset.failed ?? said.textContent;
      }
    });
  }
}
