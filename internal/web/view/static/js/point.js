// Points a combobox at one of its options, -1 at none, while the focus stays in its field.
export function point(input, options, to) {
  options.forEach((option, i) => option.setAttribute('aria-selected', String(i === to)));
  const option = options[to];
  if (!option) return input.removeAttribute('aria-activedescendant');
  input.setAttribute('aria-activedescendant', option.id);
  option.scrollIntoView({ block: 'nearest' });
}
