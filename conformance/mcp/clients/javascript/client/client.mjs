// As the SDK's guide "Authenticate a user with OAuth": it compares state, and hands the whole query to finishAuth.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { listen, run } from '../listener.mjs';

const url = new URL(process.argv[2]);
const listener = await listen();

const provider = {
  registered: new Map(),
  redirectUrl: listener.redirect,
  clientMetadata: {
    client_name: 'client',
    redirect_uris: [listener.redirect],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  },
  clientInformation(context) { return context ? this.registered.get(context.issuer) : undefined; },
  saveClientInformation(information, context) { if (context) this.registered.set(context.issuer, information); },
  tokens() { return this.kept; },
  saveTokens(tokens) { this.kept = tokens; },
  state() { return (this.lastState = crypto.randomUUID()); },
  saveDiscoveryState(state) { this.discovery = state; },
  discoveryState() { return this.discovery; },
  redirectToAuthorization(to) { console.log(to.href); },
  saveCodeVerifier(verifier) { this.verifier = verifier; },
  codeVerifier() { return this.verifier; },
};

await run(async () => {
  for (;;) {
    const transport = new StreamableHTTPClientTransport(url, { authProvider: provider });
    const client = new Client({ name: 'client', version: '1' });
    try {
      await client.connect(transport);
      console.log((await client.listTools()).tools.map((tool) => tool.name).join(' '));
      return;
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      const parameters = await listener.next();
      if (parameters.get('state') !== provider.lastState) throw new Error('state mismatch');
      await transport.finishAuth(parameters);
    }
  }
});
