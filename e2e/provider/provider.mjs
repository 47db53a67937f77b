// A stand-in for Microsoft Entra ID on the loopback interface: the certified
// oidc-provider, one instance per tenant, mounted where Entra has it
// ({authority}/{tid}/v2.0), with Entra's claims.
//
// It prints one line of JSON when it is ready, {"authority":"http://127.0.0.1:PORT"},
// and ends when its standard input is closed, so it never outlives its parent.
//
// Tests steer it through /control, see control() below. Every tenant is on its
// own: tests that run at the same time use different tenants.

import http from 'node:http';
import { Tenant } from './tenant.mjs';

const BODY_LIMIT = 1 << 20; // bytes; a tenant with a thousand people fits well

const tenants = new Map();
let authority;

const server = http.createServer((req, res) => {
  handle(req, res).catch((err) => {
    console.error(err);
    if (!res.headersSent) answer(res, 500, { error: String(err?.message ?? err) });
    else res.destroy();
  });
});

async function handle(req, res) {
  const url = new URL(req.url, authority);
  const [, first, second, ...rest] = url.pathname.split('/');
  if (first === 'control' && second === 'tenants') return control(req, res, rest);
  const tenant = tenants.get(first);
  if (!tenant || second !== 'v2.0') return answer(res, 404, { error: 'invalid_tenant' });
  return tenant.handle(req, res, url);
}

// control answers
//
//   PUT    /control/tenants/TID               {people, clients}: makes the tenant anew
//   PUT    /control/tenants/TID/people/OID    {username, name, email, claims}: puts a person
//   DELETE /control/tenants/TID/people/OID
//   PUT    /control/tenants/TID/behaviour     see Tenant.behaviour; {} is normal again
//   POST   /control/tenants/TID/keys          new signing key, the old one is withdrawn at once
//   GET    /control/tenants/TID/requests      what was asked of the tenant so far
async function control(req, res, [tid, what, id]) {
  if (req.method === 'PUT' && tid && !what) {
    tenants.set(tid, await Tenant.create(`${authority}/${tid}/v2.0`, tid, await body(req)));
    return answer(res, 200, {});
  }
  const tenant = tenants.get(tid);
  if (!tenant) return answer(res, 404, { error: `no tenant ${tid}` });
  switch (`${req.method} ${what}`) {
    case 'PUT people':
      tenant.people.set(id, { ...(await body(req)), oid: id });
      break;
    case 'DELETE people':
      tenant.people.delete(id);
      break;
    case 'PUT behaviour':
      tenant.behaviour = await body(req);
      break;
    case 'POST keys':
      await tenant.rotate();
      break;
    case 'GET requests':
      return answer(res, 200, tenant.requests);
    default:
      return answer(res, 404, { error: `no such control: ${req.method} ${what}` });
  }
  return answer(res, 200, {});
}

function answer(res, status, value) {
  res.writeHead(status, { 'Content-Type': 'application/json' });
  res.end(JSON.stringify(value));
}

async function body(req) {
  let text = '';
  for await (const chunk of req) {
    text += chunk;
    if (text.length > BODY_LIMIT) throw new Error('the control request is too large');
  }
  return text ? JSON.parse(text) : {};
}

server.listen(0, '127.0.0.1', () => {
  authority = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ authority }));
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
