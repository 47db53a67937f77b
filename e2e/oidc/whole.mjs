// A client made of openid-client, as most applications in Node have it.

import * as oidc from 'openid-client';
import { accessToken } from './access.mjs';

export async function open({ issuer, id, secret, auth }) {
  const method = {
    basic: () => oidc.ClientSecretBasic(secret),
    post: () => oidc.ClientSecretPost(secret),
    none: () => oidc.None(),
  }[auth]();
  // Signatures of ID tokens are checked, too; http is for this machine.
  const execute = [oidc.enableNonRepudiationChecks, oidc.allowInsecureRequests];
  const config = await oidc.discovery(new URL(issuer), id, undefined, method, { execute });
  return { config, id };
}

export const metadata = async ({ config }) => config.serverMetadata();

export async function begin({ config }, redirect, params) {
  const [verifier, state] = [oidc.randomPKCECodeVerifier(), oidc.randomState()];
  const flow = { verifier, state, nonce: oidc.randomNonce(), redirect, maxAge: params.max_age };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirect,
    scope: 'openid profile email offline_access',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce: flow.nonce,
    ...params,
  });
  return { url: url.href, flow };
}

export async function finish(c, flow, at) {
  return outcome(c, await oidc.authorizationCodeGrant(c.config, at, {
    pkceCodeVerifier: flow.verifier,
    expectedState: flow.state,
    expectedNonce: flow.nonce,
    maxAge: flow.maxAge === undefined ? undefined : Number(flow.maxAge),
    idTokenExpected: true,
  }));
}

export async function refresh(c, token, params) {
  return outcome(c, await oidc.refreshTokenGrant(c.config, token, params));
}

async function outcome(c, tokens) {
  const access = await accessToken(c.config.serverMetadata(), tokens.access_token);
  return { tokens, claims: tokens.claims(), access };
}

export const userinfo = ({ config }, token, subject) => oidc.fetchUserInfo(config, token, subject);

export const revoke = ({ config }, token) => oidc.tokenRevocation(config, token);

export const leave = async ({ config }, params) => oidc.buildEndSessionUrl(config, params);
