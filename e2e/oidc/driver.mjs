// Clients of OpenID Connect for the tests: what an application does, done by the certified
// openid-client and by oauth4webapi beneath it, which takes one step at a time.
//
// It prints one line of JSON when it is ready, {"url":"http://127.0.0.1:PORT"}, and ends when its
// standard input is closed. It remembers nothing but discovery and logout tokens: the tests pass
// everything else on, and may change it on the way.
//
//   POST /do/OPERATION   {client, ...} -> what came of it, or {error}; see operations
//   POST /out/NAME       the back channel of a client: takes a logout token
//   GET  /out/NAME       the logout tokens that were taken, and the errors of those that were not
//   PUT  /out/NAME       {client, status}: whose they are; how they are answered, 200 if 0

import dns from 'node:dns';
import http from 'node:http';
import * as stepwise from './stepwise.mjs';
import * as whole from './whole.mjs';
import { logoutToken } from './logout.mjs';

const BODY_LIMIT = 1 << 20; // bytes; a hundred tokens fit well
const libraries = { 'openid-client': whole, oauth4webapi: stepwise };
const opened = new Map(); // client as JSON -> promise of its library's own
const channels = new Map(); // name -> {client, status, heard}

// Every name below localhost is this machine, as browsers know (RFC 6761, section 6.3).
const { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(name.endsWith('.localhost') ? '127.0.0.1' : name, ...rest);

// open returns a client of a library, which asks for the metadata once.
// A client is {library, issuer, id, secret, auth}; auth is basic, post or none.
function open(client) {
  const key = JSON.stringify(client);
  if (!opened.has(key)) opened.set(key, libraries[client.library].open(client));
  return opened.get(key);
}

const operations = {
  // metadata: {} -> {metadata}
  metadata: async (lib, c) => ({ metadata: await lib.metadata(c) }),
  // begin: {redirect, params} -> {url, flow}
  begin: (lib, c, { redirect, params }) => lib.begin(c, redirect, params ?? {}),
  // finish: {flow, at} -> {tokens, claims, access}; times asks so often at the same moment -> {all}
  finish: (lib, c, { flow, at, times }) => (times
    ? repeat(times, () => lib.finish(c, flow, new URL(at)))
    : lib.finish(c, flow, new URL(at))),
  // refresh: {token, scope} -> {tokens, claims, access}
  refresh: (lib, c, { token, scope, times }) => (times
    ? repeat(times, () => lib.refresh(c, token, scope ? { scope } : {}))
    : lib.refresh(c, token, scope ? { scope } : {})),
  // userinfo: {token, subject} -> {claims}
  userinfo: async (lib, c, { token, subject }) => ({
    claims: await lib.userinfo(c, token, subject),
  }),
  // revoke: {token} -> {}
  revoke: async (lib, c, { token }) => {
    await lib.revoke(c, token);
    return {};
  },
  // leave: {params} -> {url}
  leave: async (lib, c, { params }) => ({ url: (await lib.leave(c, params ?? {})).href }),
};

async function repeat(times, what) {
  const all = await Promise.all(Array.from({ length: times }, () => what().catch(failure)));
  return { all };
}

// failure says what a library found wrong.
async function failure(err) {
  const cause = err.cause instanceof Error ? ` (${err.cause.message})` : '';
  // A challenge in the header (RFC 6749, section 5.2) hides the body from the libraries.
  const said = err.error ? err : await err.response?.json().catch(() => undefined);
  return {
    error: {
      error: said?.error ?? '', // the code of OAuth, if that is what came
      description: said?.error_description ?? '',
      code: err.code ?? err.cause?.code ?? '',
      status: err.status ?? 0,
      message: `${err.name}: ${err.message}${cause}`,
    },
  };
}

async function handle(req, res) {
  const [, what, name] = new URL(req.url, 'http://driver').pathname.split('/');
  const text = await body(req);
  if (what === 'do' && operations[name]) {
    const { client, ...rest } = JSON.parse(text);
    const act = async () => operations[name](libraries[client.library], await open(client), rest);
    return answer(res, 200, await act().catch(failure));
  }
  if (what !== 'out') return answer(res, 404, { error: 'no such operation' });
  if (req.method === 'PUT') {
    const { client, status } = JSON.parse(text);
    channels.set(name, { client, status, heard: channels.get(name)?.heard ?? [] });
    return answer(res, 200, {});
  }
  const channel = channels.get(name);
  if (!channel) return answer(res, 404, { error: 'no such channel' });
  if (req.method === 'GET') return answer(res, 200, channel.heard);
  const heard = await logoutToken(channel.client, req, text).catch(failure);
  channel.heard.push(heard);
  return answer(res, channel.status || (heard.error ? 400 : 200), {});
}

function answer(res, status, value) {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  res.end(JSON.stringify(value));
}

async function body(req) {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) {
    text += chunk;
    if (text.length > BODY_LIMIT) throw new Error('the request is too large');
  }
  return text;
}

const server = http.createServer((req, res) => {
  handle(req, res).catch((err) => {
    console.error(err);
    if (res.headersSent) res.destroy();
    else answer(res, 500, { error: String(err) });
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
