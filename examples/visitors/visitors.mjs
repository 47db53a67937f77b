// The visitor list: who is expected in which business unit. People with read access to a unit see
// its visitors, people with write access announce them. Access is inherited: PACTIUS answers
// GET /api/v1/units with the effective access to each unit.
//
//   GET  /             the visitors of the person's units
//   POST /             announces a visitor
//   GET  /signed-in    the way back from PACTIUS
//   POST /sign-out     signs out here and at PACTIUS; GET /signed-out is the way back
//   POST /logged-out   PACTIUS says that a sign-in has ended (back-channel logout)

import { Refused, SignedOut } from './signin.mjs';

const FORM_LIMIT = 16 << 10; // bytes; a logout token has less than one thousand
const NAME_LIMIT = 100; // characters
const WRITES = ['write', 'administer'];
const READS = ['read', ...WRITES];

export class Visitors {
  #visitors = []; // {unit, name, host}

  constructor(signIn, { issuer, origin }, log) {
    Object.assign(this, { signIn, issuer, origin, log });
  }

  async handle(req, res) {
    res.setHeader('Cache-Control', 'no-store');
    res.setHeader('Content-Security-Policy', "default-src 'none'; base-uri 'none'; "
      + `form-action 'self' ${this.issuer}; frame-ancestors 'none'`); // sign-out leads to PACTIUS
    try {
      await this.#route(req, res).catch(async (err) => {
        if (!(err instanceof SignedOut) || req.method !== 'GET') throw err;
        redirect(res, await this.signIn.begin(req, res));
      });
    } catch (err) {
      // Addresses, tokens and answers stay out of the log.
      this.log(`${req.method} failed: ${err.constructor.name} ${err.code ?? ''} ${err.message}`);
      this.#explain(res, err);
    }
  }

  async #route(req, res) {
    const own = req.headers.origin === this.origin; // forms of other sites are refused
    switch (`${req.method} ${new URL(req.url, this.origin).pathname}`) {
      case 'GET /':
        return this.#list(res, this.signIn.session(req));
      case 'POST /':
        if (own) return this.#announce(req, res, this.signIn.session(req));
        break;
      case 'GET /signed-in':
        await this.signIn.finish(req, res);
        return redirect(res, '/');
      case 'POST /sign-out':
        if (own) return redirect(res, await this.signIn.signOut(req, res));
        break;
      case 'GET /signed-out':
        return page(res, 200, 'You’re signed out', link('/', 'Sign in again'));
      case 'POST /logged-out':
        return this.#loggedOut(req, res);
    }
    return page(res, 404, 'Page not found', link('/', 'Visitors'));
  }

  async #list(res, session) {
    const readable = (await this.#units(session)).filter((u) => READS.includes(u.access));
    if (!readable.length) {
      return page(res, 200, 'Visitors', html`<p>You don’t have access to any business unit yet.</p>
        ${link(this.issuer, 'Request access')}`, session);
    }
    const sections = readable.map((u) => html`<h2>${u.path}</h2><p>Your access: ${u.access}</p>
      <ul>${this.#visitors.filter((v) => v.unit === u.id).map((v) => html`
        <li>${v.name} visits ${v.host}</li>`)}</ul>`);
    const options = readable.filter((u) => WRITES.includes(u.access))
      .map((u) => html`<option value="${u.id}">${u.path}</option>`);
    const form = html`<form method="post">
      <p><label>Visitor <input name="name" required maxlength="${NAME_LIMIT}"></label></p>
      <p><label>Business unit <select name="unit">${options}</select></label></p>
      <p><button>Announce</button></p></form>`;
    return page(res, 200, 'Visitors', html`${sections}${options.length ? form : ''}`, session);
  }

  async #announce(req, res, session) {
    const asked = await formOf(req);
    const unit = (await this.#units(session)).find((u) => u.id === asked.get('unit'));
    const name = asked.get('name')?.trim().slice(0, NAME_LIMIT);
    if (!name || !WRITES.includes(unit?.access)) {
      return page(res, 403, 'You can’t announce this visitor', link('/', 'Back'), session);
    }
    this.#visitors.push({ unit: unit.id, name, host: session.name });
    return redirect(res, '/');
  }

  // #units returns the units that a person has access to, and those above them, with their paths.
  async #units(session) {
    const { units } = await (await this.signIn.ask(session, '/api/v1/units')).json();
    const paths = new Map(); // parents come first; the company itself begins no path
    for (const u of units) {
      u.path = paths.has(u.parent) ? `${paths.get(u.parent)} / ${u.name}` : u.name;
      if (u.parent) paths.set(u.id, u.path);
    }
    return units;
  }

  async #loggedOut(req, res) {
    const token = (await formOf(req)).get('logout_token') ?? '';
    try {
      this.log(`PACTIUS ended ${await this.signIn.signedOutThere(token)} sessions`);
      res.writeHead(200).end();
    } catch (err) {
      this.log(`a logout token was refused: ${err.code ?? err.message}`);
      res.writeHead(400).end();
    }
  }

  #explain(res, err) {
    const again = link('/', 'Try again');
    if (err instanceof SignedOut) return page(res, 401, 'Your session has ended', again);
    if (!(err instanceof Refused)) return page(res, 503, 'Visitors isn’t available', again);
    if (err.message !== 'access_denied') return page(res, 400, 'The sign-in didn’t work', again);
    return page(res, 403, 'You don’t have access to Visitors', link(this.issuer, 'Request access'));
  }
}

function page(res, status, title, body, session) {
  const who = session ? html`<form method="post" action="/sign-out"><p>${session.name}
    <button>Sign out</button></p></form>` : '';
  res.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' });
  res.end(`<!doctype html><html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width"><title>${title} - Visitors</title></head>
    <body><header>${who}</header><main><h1>${title}</h1>${body}</main></body></html>`);
}

function redirect(res, to) {
  res.writeHead(303, { Location: to }).end();
}

async function formOf(req) {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) {
    text += chunk;
    if (text.length > FORM_LIMIT) throw new Error('the form is too large');
  }
  return new URLSearchParams(text);
}

class Markup extends String {}

// html escapes what is put into a template, other templates and lists of them excepted.
function html(parts, ...values) {
  const safe = (v) => (v instanceof Markup ? v : Array.isArray(v) ? v.map(safe).join('')
    : String(v).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`));
  return new Markup(String.raw({ raw: parts }, ...values.map(safe)));
}

function link(to, text) {
  return html`<p><a href="${to}">${text}</a></p>`;
}
