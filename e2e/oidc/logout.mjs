// The back channel of a client: OpenID Connect Back-Channel Logout 1.0, sections 2.4 to 2.6.

import assert from 'node:assert';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const keys = new Map(); // issuer -> its keys

// logoutToken checks a request of the back channel and returns {claims} of the token.
export async function logoutToken({ issuer, id }, req, text) {
  assert.equal(req.headers['content-type'], 'application/x-www-form-urlencoded');
  const form = new URLSearchParams(text);
  assert.deepEqual([...form.keys()], ['logout_token']);
  if (!keys.has(issuer)) {
    keys.set(issuer, createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`)));
  }
  const { payload } = await jwtVerify(form.get('logout_token'), keys.get(issuer), {
    issuer,
    audience: id,
    typ: 'logout+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['iss', 'aud', 'iat', 'exp', 'jti', 'events', 'sub', 'sid'],
  });
  assert.deepEqual(payload.events, { [EVENT]: {} });
  assert.ok(!('nonce' in payload), 'the logout token has a nonce');
  return { claims: payload };
}
