// Better Auth with its plugin for an OAuth 2.1 provider, as its documentation sets it up, on a database in memory. Its login page
// is the application's own: this one signs the user in at once. The clients are the application's own as well, so that there is
// no page of consent.
import { oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { getAuthTables } from 'better-auth/db';
import { jwt } from 'better-auth/plugins';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { API, CLIENT_JWK, CLIENT_SECRET, REDIRECT_URI, PASSWORD } = process.env;
const email = 'user-17@example.com';

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

let nextId;
const options = {
  baseURL: origin,
  secret: randomBytes(32).toString('hex'),
  emailAndPassword: { enabled: true },
  // The token endpoint of the provider takes its place.
  disabledPaths: ['/token'],
  plugins: [
    jwt({ jwks: { keyPairConfig: { alg: 'RS256' } } }),
    oauthProvider({
      loginPage: '/login',
      consentPage: '/consent',
      scopes: ['openid', 'profile', 'email', 'offline_access', 'notes.read'],
      resources: [API],
      enforcePerClientResources: false,
      clientPrivileges: () => true,
      generateClientId: () => nextId,
      generateClientSecret: () => CLIENT_SECRET,
    }),
  ],
};
const tables = Object.values(getAuthTables(options)).map(({ modelName }) => [modelName, []]);
const auth = betterAuth({ ...options, database: memoryAdapter(Object.fromEntries(tables)) });
const signedUp = await auth.api.signUpEmail({ body: { name: 'User', email, password: PASSWORD }, asResponse: true });
const cookie = signedUp.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');

async function client(id, token_endpoint_auth_method, more = {}) {
  nextId = id;
  await auth.api.adminCreateOAuthClient({ headers: { cookie }, body: {
    application_type: 'native', redirect_uris: [REDIRECT_URI], post_logout_redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token'], skip_consent: true, enable_end_session: true,
    token_endpoint_auth_method, ...more } });
}
const jwks = { keys: [{ ...JSON.parse(CLIENT_JWK), use: 'sig' }] };
await client('public', 'none');
await client('other', 'none');
await client('secret', 'client_secret_basic');
await client('key', 'private_key_jwt', { jwks });
await client('machine', 'private_key_jwt', {
  jwks, grant_types: ['client_credentials'], client_credentials_scopes: ['notes.read'] });

async function login(query, response) {
  const body = JSON.stringify({ email, password: PASSWORD, oauth_query: query });
  const headers = { 'content-type': 'application/json', accept: 'application/json', origin };
  const signedIn = await auth.handler(new Request(`${origin}/api/auth/sign-in/email`, { method: 'POST', headers, body }));
  const { url } = await signedIn.json();
  response.writeHead(302, { location: url, 'set-cookie': signedIn.headers.getSetCookie() }).end();
}

const serve = toNodeHandler(auth);
server.on('request', (request, response) => {
  const { pathname, search } = new URL(request.url, origin);
  return pathname === '/login' ? login(search.slice(1), response) : serve(request, response);
});
const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url)));
const name = '@better-auth/oauth-provider';
const untried = { 'back-channel logout': 'it takes addresses with https alone' };
const issuer = `${origin}/api/auth`;
console.log(JSON.stringify({ name, version: dependencies[name], issuer, scope: 'openid offline_access', untried }));
process.stdin.on('end', () => process.exit()).resume();
