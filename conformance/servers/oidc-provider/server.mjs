// oidc-provider with every feature that its documentation names and our client has, and a user who agrees to everything.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import Provider from 'oidc-provider';

const { CLIENT_JWK, LOGOUT_URI, REDIRECT_URI, API } = process.env;
const key = { ...JSON.parse(CLIENT_JWK), use: 'sig' };
const named = (type, options, alg) =>
  ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg });

const web = {
  application_type: 'native',
  redirect_uris: [REDIRECT_URI],
  post_logout_redirect_uris: [REDIRECT_URI],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
};
const byKey = { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: key.alg, jwks: { keys: [key] } };
const clients = [
  { ...web, client_id: 'public' },
  { ...web, client_id: 'other' },
  { ...web, client_id: 'web', client_secret: 'a-secret-of-the-web-client', token_endpoint_auth_method: 'client_secret_basic' },
  { ...web, client_id: 'key', ...byKey, backchannel_logout_uri: LOGOUT_URI, backchannel_logout_session_required: true },
  { ...web, client_id: 'device', redirect_uris: [], response_types: [],
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'] },
  { client_id: 'machine', redirect_uris: [], response_types: [], grant_types: ['client_credentials'], ...byKey },
  { ...web, client_id: 'fapi', ...byKey, id_token_signed_response_alg: 'ES256',
    dpop_bound_access_tokens: true, require_pushed_authorization_requests: true },
];

const resourceServer = { scope: 'notes.read', audience: API, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
const configuration = {
  clients,
  jwks: { keys: [named('rsa', { modulusLength: 2048 }, 'RS256'), named('ec', { namedCurve: 'P-256' }, 'ES256')] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    introspection: { enabled: true, allowedPolicy: () => true },
    pushedAuthorizationRequests: { enabled: true },
    resourceIndicators: { enabled: true, useGrantedResource: () => true, getResourceServerInfo: () => resourceServer },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  enabledJWA: { clientAuthSigningAlgValues: [key.alg] },
  // Its own refuses loopback, where our logout tokens go.
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id, email: 'user@example.com' }) }),
  interactions: { url: (context, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: (context, client) => client.grantTypeAllowed('refresh_token'),
  pkce: { required: () => true },
  rotateRefreshToken: true,
};

// What a user does: signs in, and agrees to what the client asks for.
async function interact(provider, request, response) {
  const { grantId, params, prompt, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId: 'user-17' } });
  }
  const grant = (grantId && await provider.Grant.find(grantId))
    || new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const { missingOIDCClaims, missingOIDCScope, missingResourceScopes } = prompt.details;
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
  for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  for (const event of ['server_error', 'backchannel.error']) provider.on(event, (...of) => console.error(event, of));
  const serve = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url.startsWith('/interaction/')) return serve(request, response);
    return interact(provider, request, response).catch((error) => {
      console.error(error);
      response.writeHead(500).end();
    });
  });
  const folder = dirname(createRequire(import.meta.url).resolve('oidc-provider'));
  const { version } = JSON.parse(readFileSync(`${folder}/../package.json`));
  console.log(JSON.stringify({ name: 'oidc-provider', version, issuer }));
});
process.stdin.on('end', () => process.exit()).resume();
