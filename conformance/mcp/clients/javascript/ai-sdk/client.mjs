// As the comments of the SDK's OAuthClientProvider and auth: a provider in memory with state, and auth() with what the callback brought.
import { auth, createMCPClient, UnauthorizedError } from '@ai-sdk/mcp';
import { listen, run } from '../listener.mjs';

const url = process.argv[2];
const listener = await listen();

const provider = {
  redirectUrl: listener.redirect,
  clientMetadata: {
    client_name: 'ai-sdk',
    redirect_uris: [listener.redirect],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  clientInformation() { return this.information; },
  saveClientInformation(information) { this.information = information; },
  isClientInformationDynamicallyRegistered() { return true; },
  authorizationServerInformation() { return this.server; },
  saveAuthorizationServerInformation(server) { this.server = server; },
  tokens() { return this.kept; },
  saveTokens(tokens) { this.kept = tokens; },
  state() { return crypto.randomUUID(); },
  saveState(state) { this.sent = state; },
  storedState() { return this.sent; },
  redirectToAuthorization(to) { console.log(to.href); },
  saveCodeVerifier(verifier) { this.verifier = verifier; },
  codeVerifier() { return this.verifier; },
};

await run(async () => {
  for (;;) {
    try {
      const client = await createMCPClient({ transport: { type: 'http', url, authProvider: provider } });
      console.log(Object.keys(await client.tools()).join(' '));
      return;
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      const parameters = await listener.next();
      const code = parameters.get('code');
      if (!code) throw new Error('the callback has no code');
      await auth(provider, {
        serverUrl: url,
        authorizationCode: code,
        callbackState: parameters.get('state') ?? undefined,
        callbackIssuer: parameters.get('iss') ?? undefined,
      });
    }
  }
});
