// oauth2-mock-server as its README starts it: one key, no client is registered, and its one user has logged in.
import { readFileSync } from 'node:fs';
import { OAuth2Server } from 'oauth2-mock-server';

const server = new OAuth2Server();
await server.issuer.keys.generate('RS256');
await server.start(0, '127.0.0.1');

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url)));
const name = 'oauth2-mock-server';
const known = {
  revocation: 'it answers 200, and the token stays good',
  introspection: 'each token is active',
  'JWT access token, by `IssuerKeys`': '`typ` is `JWT`, not `at+jwt` (RFC 9068)',
};
console.log(JSON.stringify({ name, version: dependencies[name], issuer: server.issuer.url, known }));
process.stdin.on('end', () => process.exit()).resume();
