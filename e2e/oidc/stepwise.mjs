// A client made of oauth4webapi: every request and every check is a step of its own.

import * as oauth from 'oauth4webapi';
import { accessToken } from './access.mjs';

const HERE = { [oauth.allowInsecureRequests]: true }; // http is for this machine

export async function open({ issuer, id, secret, auth }) {
  const at = new URL(issuer);
  const as = await oauth.processDiscoveryResponse(at, await oauth.discoveryRequest(at, HERE));
  const method = {
    basic: () => oauth.ClientSecretBasic(secret),
    post: () => oauth.ClientSecretPost(secret),
    none: () => oauth.None(),
  }[auth]();
  return { as, client: { client_id: id }, auth: method };
}

export const metadata = async ({ as }) => as;

export async function begin({ as, client }, redirect, params) {
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const flow = {
    verifier, state, redirect, nonce: oauth.generateRandomNonce(), maxAge: params.max_age,
  };
  const url = new URL(as.authorization_endpoint);
  const all = {
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: redirect,
    scope: 'openid profile email offline_access',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce: flow.nonce,
    ...params,
  };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return { url: url.href, flow };
}

export async function finish({ as, client, auth }, flow, at) {
  const code = oauth.validateAuthResponse(as, client, at, flow.state);
  const response = await oauth.authorizationCodeGrantRequest(as, client, auth, code, flow.redirect,
    flow.verifier, HERE);
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
    expectedNonce: flow.nonce,
    maxAge: flow.maxAge === undefined ? undefined : Number(flow.maxAge),
    requireIdToken: true,
  });
  return outcome(as, tokens, response);
}

export async function refresh({ as, client, auth }, token, params) {
  const response = await oauth.refreshTokenGrantRequest(as, client, auth, token,
    { ...HERE, additionalParameters: params });
  return outcome(as, await oauth.processRefreshTokenResponse(as, client, response), response);
}

async function outcome(as, tokens, response) {
  if (tokens.id_token) await oauth.validateApplicationLevelSignature(as, response, HERE);
  const access = await accessToken(as, tokens.access_token);
  return { tokens, claims: oauth.getValidatedIdTokenClaims(tokens), access };
}

export async function userinfo({ as, client }, token, subject) {
  const response = await oauth.userInfoRequest(as, client, token, HERE);
  return oauth.processUserInfoResponse(as, client, subject, response);
}

export async function revoke({ as, client, auth }, token) {
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(as, client, auth, token, HERE),
  );
}

export async function leave({ as, client }, params) {
  const url = new URL(as.end_session_endpoint);
  const all = { client_id: client.client_id, ...params };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return url;
}
