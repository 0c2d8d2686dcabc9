// @node-oauth/oauth2-server by its wrapper for Express, with a model that keeps everything in memory, and a user who agrees to
// everything. It has neither metadata nor OpenID Connect.
import OAuthServer from '@node-oauth/express-oauth-server';
import express from 'express';
import { readFileSync } from 'node:fs';

const { CLIENT_SECRET, REDIRECT_URI, USERNAME } = process.env;
const web = { redirectUris: [REDIRECT_URI], grants: ['authorization_code', 'refresh_token'] };
const clients = [{ ...web, id: 'public' }, { ...web, id: 'other' }, { ...web, id: 'secret', secret: CLIENT_SECRET }];
const [codes, accessTokens, refreshTokens] = [new Map(), new Map(), new Map()];

const model = {
  // Without a secret this is the authorization endpoint, or a client that authenticates by PKCE alone.
  getClient: (id, secret) => clients.find((client) => client.id === id && (secret === null || client.secret === secret)),
  saveAuthorizationCode: (code, client, user) => {
    codes.set(code.authorizationCode, { ...code, client, user });
    return codes.get(code.authorizationCode);
  },
  getAuthorizationCode: (code) => codes.get(code),
  revokeAuthorizationCode: (code) => codes.delete(code.authorizationCode),
  saveToken: (token, client, user) => {
    const saved = { ...token, client, user };
    accessTokens.set(token.accessToken, saved);
    refreshTokens.set(token.refreshToken, saved);
    return saved;
  },
  getAccessToken: (token) => accessTokens.get(token),
  getRefreshToken: (token) => refreshTokens.get(token),
  revokeToken: (token) => refreshTokens.delete(token.refreshToken),
  validateScope: (user, client, scope) => (scope ?? ['notes.read']).filter((name) => name === 'notes.read'),
};

const app = express();
const oauth = new OAuthServer({ model, requireClientAuthentication: { refresh_token: false } });
app.use(express.urlencoded({ extended: false }));
app.get('/authorize', oauth.authorize({ authenticateHandler: { handle: () => ({ id: USERNAME }) } }));
app.post('/token', oauth.token());

const server = app.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url)));
  const name = '@node-oauth/oauth2-server';
  const endpoints = { authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` };
  console.log(JSON.stringify({ name, version: dependencies[name], issuer, endpoints }));
});
process.stdin.on('end', () => process.exit()).resume();
