// Access tokens as an API sees them (RFC 9068).

import * as oauth from 'oauth4webapi';

// accessToken verifies an access token and returns its claims, undefined for one that is no JWT.
export async function accessToken(as, token) {
  if (token.split('.').length !== 3) return undefined;
  const request = new Request(as.issuer, { headers: { Authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(as, request, as.issuer,
    { [oauth.allowInsecureRequests]: true, signingAlgorithms: ['ES256'] });
}
