// Reads a chosen file into the field it stands for, so that a certificate need
// not be opened and copied by hand. The file itself is not sent.
const most = 65536; // bytes, as the rules accept

export default function read(root) {
  for (const input of root.querySelectorAll('[data-read]')) {
    const field = root.querySelector('#' + input.dataset.read);
    input.addEventListener('change', async () => {
      const content = (file) => file.slice(0, most + 1).text();
      const texts = await Promise.all([...input.files].map(content));
      const all = [field.value, ...texts].map((text) => text.trim());
      field.value = all.filter(Boolean).join('\n');
      field.dispatchEvent(new Event('input', { bubbles: true }));
      input.value = '';
    });
  }
}
