// The judge of markup: html-validate. It reads lines of JSON,
// {"name":"...","html":"..."}, from standard input and answers each with one
// line, {"findings":[{"rule","line","column","message"}, ...]}. It ends with its input.

import readline from 'node:readline';
import { HtmlValidate, StaticConfigLoader } from 'html-validate';

const judge = new HtmlValidate(new StaticConfigLoader({
  root: true,
  extends: ['html-validate:recommended', 'html-validate:document'],
  rules: {
    // How the source is laid out is no concern of a browser.
    'no-trailing-whitespace': 'off',
    'attribute-boolean-style': 'off',
    'attribute-empty-style': 'off',
    'attr-quotes': 'off',
    'doctype-style': 'off',
    'void-style': 'off',
    'no-implicit-input-type': 'off',
    // The title holds the environment's name, which may be long.
    'long-title': 'off',
    // Check boxes of one choice share a name, as HTML means them to.
    'form-dup-name': ['error', { shared: ['radio', 'checkbox', 'button', 'reset', 'submit'] }],
    // Everything is served by the same origin.
    'require-sri': 'off',
  },
}));

console.log('{}');
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { name, html } = JSON.parse(line);
  const report = await judge.validateString(html, name);
  const findings = report.results.flatMap((r) => r.messages)
    // A chosen unit out of sight is a hidden field beside the check boxes of its name.
    .filter((m) => m.ruleId !== 'form-dup-name' || !m.message.endsWith('"unit"'))
    .map((m) => ({ rule: m.ruleId, line: m.line, column: m.column, message: m.message }));
  console.log(JSON.stringify({ findings }));
}
