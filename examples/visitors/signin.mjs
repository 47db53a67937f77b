// Sign-in with PACTIUS by OpenID Connect: the file to copy. README.md explains it.

import crypto from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';

const SIGN_IN_TIME = 10 * 60_000; // ms from the redirect to PACTIUS until the person is back
const SESSION_TIME = 12 * 3_600_000; // ms; PACTIUS ends sessions earlier by back-channel logout
const RENEW_BEFORE = 30_000; // ms before its end an access token is replaced
const MOST = 10_000; // sessions, and sign-ins under way, in memory; the oldest make room
const PATIENCE = 5; // s for an answer of PACTIUS
const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';

// SignedOut says that there is no session, or not any more.
export class SignedOut extends Error {}

// Refused says that a sign-in failed; its message is the error code of OpenID Connect.
export class Refused extends Error {}

export class SignIn {
  #sessions = new Map(); // cookie -> {sid, name, access, refresh, id, expires, until}
  #begun = new Map(); // state -> {browser, verifier, nonce, until}
  #pactius; // promise of the addresses and keys of PACTIUS

  // settings: issuer, the address of PACTIUS; clientId, clientSecret; origin of this application.
  constructor(settings) {
    this.settings = settings;
    this.secure = settings.origin.startsWith('https:');
    this.prefix = this.secure ? '__Host-visitors-' : 'visitors-';
  }

  // begin returns where to send a browser that has no session. It comes back to finish.
  async begin(req, res) {
    const { config } = await this.#discover();
    const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
    const verifier = oidc.randomPKCECodeVerifier();
    // Only the browser that began a sign-in can finish it, so no link signs another person in.
    const browser = this.#cookie(req, 'browser') ?? crypto.randomBytes(32).toString('base64url');
    this.#setCookie(res, 'browser', browser);
    keep(this.#begun, state, { browser, verifier, nonce, until: Date.now() + SIGN_IN_TIME });
    return oidc.buildAuthorizationUrl(config, {
      redirect_uri: `${this.settings.origin}/signed-in`,
      scope: 'openid profile offline_access',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    }).href;
  }

  // finish signs the person in who comes back from PACTIUS.
  async finish(req, res) {
    const { config } = await this.#discover();
    const at = new URL(req.url, this.settings.origin);
    const state = at.searchParams.get('state');
    const begun = this.#begun.get(state);
    if (!(begun?.until > Date.now()) || begun.browser !== this.#cookie(req, 'browser')) {
      throw new Refused('not_begun_here');
    }
    this.#begun.delete(state);
    // This also compares iss, so no other provider's answer passes (RFC 9207).
    const tokens = await oidc.authorizationCodeGrant(config, at, {
      pkceCodeVerifier: begun.verifier,
      expectedState: state,
      expectedNonce: begun.nonce,
      idTokenExpected: true,
    }).catch((err) => { throw err.error ? new Refused(err.error) : err; });
    const { sid, name } = tokens.claims();
    const session = accept({ sid, name, until: Date.now() + SESSION_TIME }, tokens);
    const cookie = crypto.randomBytes(32).toString('base64url'); // a new one with each sign-in
    keep(this.#sessions, cookie, session);
    this.#setCookie(res, 'session', cookie);
  }

  // session returns the session of a request.
  session(req) {
    const session = this.#sessions.get(this.#cookie(req, 'session'));
    if (!(session?.until > Date.now())) throw new SignedOut('no session');
    return session;
  }

  // ask sends a request to the API of PACTIUS as the person of a session.
  async ask(session, path) {
    const { config } = await this.#discover();
    if (session.expires - Date.now() < RENEW_BEFORE) {
      // Requests that come at the same time share one renewal: a refresh token is used once.
      session.renewal ??= this.#renew(config, session).finally(() => { delete session.renewal; });
      await session.renewal;
    }
    const url = new URL(path, this.settings.issuer);
    return oidc.fetchProtectedResource(config, session.access, url, 'GET').catch((err) => {
      throw err.status === 401 ? this.#lost(session) : err;
    });
  }

  async #renew(config, session) {
    const renew = () => oidc.refreshTokenGrant(config, session.refresh);
    try {
      // If an answer gets lost, the same token may be shown once more within ten seconds.
      accept(session, await renew().catch((err) => (err.error ? Promise.reject(err) : renew())));
    } catch (err) {
      throw err.error === 'invalid_grant' ? this.#lost(session) : err;
    }
  }

  // #lost ends a session that PACTIUS knows no more: signed out, deactivated, without access.
  #lost(session) {
    this.#end((s) => s === session);
    return new SignedOut('PACTIUS ended the session');
  }

  // signOut ends the session here and returns where to send the browser to end it at PACTIUS.
  async signOut(req, res) {
    const { config } = await this.#discover();
    const session = this.session(req);
    this.#lost(session);
    this.#setCookie(res, 'session', '');
    return oidc.buildEndSessionUrl(config, {
      id_token_hint: session.id,
      post_logout_redirect_uri: `${this.settings.origin}/signed-out`,
    }).href;
  }

  // signedOutThere ends the sessions that a logout token names (OpenID Connect Back-Channel
  // Logout 1.0, section 2.6). A token that is sent twice does no harm: it names one sign-in.
  async signedOutThere(token) {
    const { config, keys } = await this.#discover();
    const { payload } = await jwtVerify(token, keys, {
      issuer: config.serverMetadata().issuer,
      audience: this.settings.clientId,
      typ: 'logout+jwt', // no ID token or access token passes for one
      algorithms: ['ES256'],
      requiredClaims: ['iat', 'exp', 'jti', 'sid'],
    });
    if (typeof payload.events?.[LOGOUT] !== 'object' || 'nonce' in payload) {
      throw new Error('not a logout token');
    }
    return this.#end((s) => s.sid === payload.sid);
  }

  #end(match) {
    const ended = [...this.#sessions].filter(([, s]) => match(s));
    ended.forEach(([cookie]) => this.#sessions.delete(cookie));
    return ended.length;
  }

  // #discover asks PACTIUS for its addresses and keys, until it answers once.
  #discover() {
    const { issuer, clientId, clientSecret } = this.settings;
    const execute = [oidc.enableNonRepudiationChecks]; // signatures of ID tokens are checked
    if (issuer.startsWith('http:')) execute.push(oidc.allowInsecureRequests); // this machine only
    this.#pactius ??= oidc.discovery(new URL(issuer), clientId, undefined,
      oidc.ClientSecretBasic(clientSecret), { execute, timeout: PATIENCE })
      .then((config) => ({
        config, keys: createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri)),
      }))
      .catch((err) => { this.#pactius = undefined; throw err; });
    return this.#pactius;
  }

  #cookie(req, name) {
    const start = `${this.prefix}${name}=`;
    const found = (req.headers.cookie ?? '').split('; ').find((pair) => pair.startsWith(start));
    return found?.slice(start.length) || undefined;
  }

  #setCookie(res, name, value) {
    const more = (this.secure ? '; Secure' : '') + (value ? '' : '; Max-Age=0');
    const cookie = `${this.prefix}${name}=${value}; Path=/; HttpOnly; SameSite=Lax${more}`;
    res.appendHeader('Set-Cookie', cookie);
  }
}

// accept puts new tokens into a session and returns it.
function accept(session, tokens) {
  return Object.assign(session, {
    access: tokens.access_token,
    expires: Date.now() + tokens.expires_in * 1000,
    refresh: tokens.refresh_token ?? session.refresh,
    id: tokens.id_token ?? session.id,
  });
}

// keep adds to a map of bounded size. Maps keep the order in which keys came.
function keep(map, key, value) {
  for (const [old, { until }] of map) {
    if (until > Date.now() && map.size < MOST) break;
    map.delete(old);
  }
  map.set(key, value);
}
