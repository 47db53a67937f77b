// The few pages a person meets at the tenant. They work without scripts.

export function pickAccount(people, action) {
  const buttons = people.map((p) => `
      <li><button name="account" value="${safe(p.oid)}" data-account="${safe(p.username)}">
        ${safe(p.name)}, ${safe(p.username)}</button></li>`);
  return page('Pick an account', `
    <form method="post" action="${safe(action)}">
      <ul>${buttons.join('')}
      </ul>
      <button name="cancel" value="yes">Cancel</button>
    </form>`);
}

// signOut wraps the provider's form, whose id is op.logoutForm; scripts send it
// at once, for Entra does not ask either.
export function signOut(form) {
  return page('Signing out', `
    ${form}
    <button form="op.logoutForm" name="logout" value="yes">Sign out</button>
    <script>document.querySelector('button').click()</script>`);
}

export function signedOut() {
  const advice = 'It is a good idea to close all browser windows.';
  return page('You signed out of your account', `<p>${advice}</p>`);
}

export function error(out) {
  const row = ([name, value]) => `<dt>${safe(name)}</dt><dd>${safe(value)}</dd>`;
  const rows = Object.entries(out).map(row);
  return page('Sorry, but we are having trouble signing you in', `<dl>${rows.join('')}</dl>`);
}

function page(title, body) {
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>${safe(title)}</title>
  </head>
  <body><main><h1>${safe(title)}</h1>${body}
  </main></body>
</html>`;
}

function safe(text) {
  return String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
