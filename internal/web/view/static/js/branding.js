// Shows a colour, a logo and a text in the preview before they are saved. The colour picker and
// the field are one value; the shades are those that the server derives.
const whole = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i;

export default function branding(root) {
  for (const form of root.querySelectorAll('[data-branding]')) {
    colour(root, form.querySelector('[data-colour]'));
    logo(root, form.querySelector('[type=file]'));
    welcome(root, form.querySelector('textarea'));
  }
}

function colour(root, picker) {
  const field = root.querySelector('#' + picker.dataset.colour);
  const sheet = root.querySelector('[data-sample-sheet]');
  let later;
  const show = () => {
    clearTimeout(later);
    later = setTimeout(() => {
      const accent = new URLSearchParams({ accent: field.value.trim() });
      sheet.href = sheet.dataset.sampleSheet + '?' + accent;
    }, 150);
  };
  sheet.addEventListener('load', () => {
    for (const sample of root.querySelectorAll('.sample')) {
      const channels = getComputedStyle(sample.querySelector('a')).color.match(/\d+/g);
      const hex = channels.slice(0, 3).map((c) => (+c).toString(16).padStart(2, '0')).join('');
      sample.querySelector('[data-shade]').textContent = '#' + hex;
    }
  });
  picker.addEventListener('input', () => {
    field.value = picker.value;
    show();
  });
  field.addEventListener('input', () => {
    const typed = field.value.trim();
    if (typed && !whole.test(typed)) return;
    const digits = typed.replace('#', '').toLowerCase();
    if (digits) picker.value = '#' + (digits.length === 3 ? digits.replace(/./g, '$&$&') : digits);
    show();
  });
}

// logo puts the chosen file in the place of the logo, or of the mark where there is none.
function logo(root, input) {
  const read = new FileReader();
  read.addEventListener('load', () => {
    for (const old of root.querySelectorAll('.sample .brand > :first-child')) {
      const shown = document.createElement('img');
      shown.className = 'logo chosen';
      shown.alt = '';
      shown.src = read.result;
      old.replaceWith(shown);
    }
  });
  input.addEventListener('change', () => {
    if (input.files[0]) read.readAsDataURL(input.files[0]);
  });
}

function welcome(root, field) {
  field.addEventListener('input', () => {
    for (const message of root.querySelectorAll('.sample .welcome')) {
      message.hidden = !field.value.trim();
      message.querySelector('blockquote').textContent = field.value;
    }
  });
}
