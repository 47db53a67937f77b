// One Microsoft 365 tenant: its people, its app registrations and the certified
// OpenID provider that signs them in.

import crypto from 'node:crypto';
import { promisify } from 'node:util';
import { Store } from './store.mjs';
import * as pages from './pages.mjs';

// oidc-provider uses URL.parse, which Node has from version 22 on.
URL.parse ??= (url, base) => {
  try {
    return new URL(url, base);
  } catch {
    return null;
  }
};
const { Provider, interactionPolicy } = await import('oidc-provider');

const generateKeyPair = promisify(crypto.generateKeyPair);

// Every tenant signs with the same key until its keys are rotated, as Entra's do:
// only the issuer tells their tokens apart.
let firstKey;

async function newKey() {
  const { privateKey } = await generateKeyPair('rsa', { modulusLength: 2048 });
  return { privateKey, kid: crypto.randomUUID() };
}

const FORM_LIMIT = 1 << 14; // bytes; the account picker sends one short field

// The provider's paths, named as the tests name them.
const ENDPOINTS = [
  ['/.well-known/openid-configuration', 'discovery'],
  ['/jwks', 'keys'],
  ['/auth', 'authorize'],
  ['/token', 'token'],
  ['/session/end', 'logout'],
];

export class Tenant {
  // create makes a tenant from {people: [{oid, username, name, email, claims}],
  // clients: [{client_id, client_secret, redirect_uris, post_logout_redirect_uris}]}.
  static async create(issuer, tid, { people = [], clients = [] }) {
    const t = new Tenant();
    t.issuer = issuer;
    t.tid = tid;
    t.mount = new URL(issuer).pathname;
    t.people = new Map(people.map((p) => [p.oid, p]));
    t.clients = clients;
    t.requests = []; // {endpoint, params}: what the application asked
    // How the tenant behaves; all parts may be missing:
    //   error:   {code, description, subcode}: sent back by the authorization endpoint
    //   token:   {skewSeconds, claims, remove, breakSignature}: changes to every ID token
    //   network: {endpoints, drop, status}: what happens to requests at these endpoints
    t.behaviour = {};
    t.store = new Store();
    t.cookieKeys = [crypto.randomUUID()];
    t.signWith(await (firstKey ??= newKey()));
    return t;
  }

  // rotate replaces the signing key without notice. Sessions and codes live on.
  async rotate() {
    this.signWith(await newKey());
  }

  signWith(key) {
    this.key = key;
    this.provider = this.newProvider();
  }

  async handle(req, res, url) {
    const path = url.pathname.slice(this.mount.length);
    const endpoint = ENDPOINTS.find(([p]) => p === path)?.[1];
    if (endpoint) {
      this.requests.push({ endpoint, params: Object.fromEntries(url.searchParams) });
      if (await this.misbehave(endpoint, res)) return undefined;
    }
    if (path.startsWith('/interaction/')) return this.interaction(req, res);
    if (endpoint === 'authorize' && this.behaviour.error) return this.refuse(url, res);
    if (endpoint === 'logout') this.recogniseLogout(url);
    req.originalUrl = this.mount + path + url.search;
    req.url = path + url.search;
    return this.provider.callback()(req, res);
  }

  // misbehave reports whether the request has been dealt with.
  async misbehave(endpoint, res) {
    const { network } = this.behaviour;
    if (!network?.endpoints?.includes(endpoint)) return false;
    if (network.drop) {
      res.destroy();
      return true;
    }
    if (!network.status) return false;
    res.writeHead(network.status, { 'Content-Type': 'application/json' });
    res.end('{"error":"temporarily_unavailable"}');
    return true;
  }

  // refuse sends the person back with an error, as Entra does for instance
  // when the person is not assigned to the application.
  refuse(url, res) {
    const asked = url.searchParams;
    const redirect = asked.get('redirect_uri');
    const client = this.clients.find((c) => c.client_id === asked.get('client_id'));
    if (!client?.redirect_uris.includes(redirect)) {
      res.writeHead(400);
      return res.end('AADSTS50011: the reply URL does not match');
    }
    const back = new URL(redirect);
    const { code, description, subcode } = this.behaviour.error;
    back.searchParams.set('error', code);
    if (description) back.searchParams.set('error_description', description);
    if (subcode) back.searchParams.set('error_subcode', subcode);
    if (asked.has('state')) back.searchParams.set('state', asked.get('state'));
    res.writeHead(303, { Location: back.href });
    return res.end();
  }

  // Entra accepts a post_logout_redirect_uri that is registered with any
  // application; oidc-provider wants to know with which.
  recogniseLogout(url) {
    const asked = url.searchParams;
    const back = asked.get('post_logout_redirect_uri');
    const client = this.clients.find((c) => c.post_logout_redirect_uris?.includes(back));
    if (client && !asked.has('client_id') && !asked.has('id_token_hint')) {
      asked.set('client_id', client.client_id);
    }
  }

  // interaction is the page where a person chooses an account.
  async interaction(req, res) {
    const details = await this.provider.interactionDetails(req, res);
    if (req.method !== 'POST') {
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
      return res.end(pages.pickAccount([...this.people.values()], req.url));
    }
    const oid = new URLSearchParams(await form(req)).get('account');
    if (!this.people.has(oid)) {
      return this.provider.interactionFinished(req, res, {
        error: 'access_denied',
        error_description: 'AADSTS65004: User declined to consent to access the app.',
      });
    }
    await this.forgetOther(details, oid);
    const result = { login: { accountId: oid }, select_account: {} };
    return this.provider.interactionFinished(req, res, result);
  }

  // forgetOther ends the session of another account, which the person leaves
  // by choosing this one.
  async forgetOther(details, oid) {
    if (!details.session || details.session.accountId === oid) return;
    const other = await this.provider.Session.findByUid(details.session.uid);
    await other?.destroy();
    delete details.session;
    await details.save(details.exp - Math.floor(Date.now() / 1000));
  }

  account(oid) {
    const person = this.people.get(oid);
    if (!person) return undefined;
    return {
      accountId: oid,
      claims: () => ({
        sub: oid, // made pairwise by the provider
        ver: '2.0',
        tid: this.tid,
        oid,
        name: person.name,
        preferred_username: person.username,
        email: person.email,
        ...person.claims,
      }),
    };
  }

  newProvider() {
    const { kid, privateKey } = this.key;
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
    const policy = interactionPolicy.base();
    policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);
    const provider = new Provider(this.issuer, {
      adapter: (model) => this.store.adapter(model),
      clients: this.clients.map((c) => ({
        ...c,
        subject_type: 'pairwise',
        sector_identifier_uri: undefined,
        token_endpoint_auth_method: 'client_secret_post',
        response_types: ['code'],
        grant_types: ['authorization_code'],
      })),
      jwks: { keys: [jwk] },
      findAccount: (ctx, oid) => this.account(oid),
      claims: {
        openid: ['sub', 'tid', 'ver'],
        profile: ['oid', 'name', 'preferred_username', 'login_hint', 'acct', 'sid', 'xms_pl'],
        email: ['email', 'xms_edov'],
      },
      conformIdTokenClaims: false, // as Entra: the ID token carries them all
      scopes: ['openid', 'profile', 'email', 'offline_access'],
      subjectTypes: ['pairwise'],
      pairwiseIdentifier: (ctx, oid, client) => digest(this.tid, oid, client.clientId),
      clientAuthMethods: ['client_secret_post', 'private_key_jwt'],
      pkce: { required: () => true },
      responseTypes: ['code'],
      interactions: { policy, url: (ctx, i) => `${this.mount}/interaction/${i.uid}` },
      loadExistingGrant,
      cookies: {
        keys: this.cookieKeys,
        long: { path: `${this.mount}/`, httpOnly: true, sameSite: 'lax', signed: true },
        short: { path: `${this.mount}/`, httpOnly: true, sameSite: 'lax', signed: true },
      },
      features: {
        devInteractions: { enabled: false },
        rpInitiatedLogout: {
          enabled: true,
          logoutSource: (ctx, markup) => { ctx.body = pages.signOut(markup); },
          postLogoutSuccessSource: (ctx) => { ctx.body = pages.signedOut(); },
        },
      },
      renderError: (ctx, out) => {
        ctx.type = 'html';
        ctx.body = pages.error(out);
      },
      ttl: {
        AccessToken: 3600, AuthorizationCode: 60, Grant: 86400, IdToken: 3600, Interaction: 3600,
        Session: 86400,
      },
    });
    provider.use(async (ctx, next) => {
      await next();
      if (ctx.oidc?.route === 'token' && ctx.body?.id_token) {
        ctx.body.id_token = this.changeToken(ctx.body.id_token);
      }
    });
    return provider;
  }

  // changeToken applies behaviour.token and signs again.
  changeToken(token) {
    const { token: change } = this.behaviour;
    if (!change) return token;
    const [header, payload, signature] = token.split('.');
    if (change.breakSignature) return `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`;
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url')), ...change.claims };
    for (const name of change.remove ?? []) delete claims[name];
    for (const name of ['iat', 'exp', 'nbf', 'auth_time']) {
      if (name in claims) claims[name] += change.skewSeconds ?? 0;
    }
    const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    const seal = crypto.sign('sha256', Buffer.from(signed), this.key.privateKey);
    return `${signed}.${seal.toString('base64url')}`;
  }
}

// loadExistingGrant grants what is asked: an administrator has consented for
// the whole tenant.
async function loadExistingGrant(ctx) {
  const { provider, client, session, params } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  const grant = (known && await provider.Grant.find(known))
    || new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

function digest(...parts) {
  return crypto.createHash('sha256').update(parts.join('\n')).digest('base64url');
}

async function form(req) {
  let text = '';
  for await (const chunk of req) {
    text += chunk;
    if (text.length > FORM_LIMIT) throw new Error('the form is too large');
  }
  return text;
}
