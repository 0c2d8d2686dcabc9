// As the SDK's example simpleOAuthClient: a provider in memory, and finishAuth with the code.
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { listen, run } from '../listener.mjs';

const url = new URL(process.argv[2]);
const listener = await listen();

const provider = {
  redirectUrl: listener.redirect,
  clientMetadata: {
    client_name: 'sdk',
    redirect_uris: [listener.redirect],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  clientInformation() { return this.information; },
  saveClientInformation(information) { this.information = information; },
  tokens() { return this.kept; },
  saveTokens(tokens) { this.kept = tokens; },
  redirectToAuthorization(to) { console.log(to.href); },
  saveCodeVerifier(verifier) { this.verifier = verifier; },
  codeVerifier() { return this.verifier; },
};

await run(async () => {
  for (;;) {
    const transport = new StreamableHTTPClientTransport(url, { authProvider: provider });
    const client = new Client({ name: 'sdk', version: '1' }, { capabilities: {} });
    try {
      await client.connect(transport);
      console.log((await client.listTools()).tools.map((tool) => tool.name).join(' '));
      return;
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      const parameters = await listener.next();
      if (parameters.get('error')) throw new Error(`OAuth authorization failed: ${parameters.get('error')}`);
      await transport.finishAuth(parameters.get('code'));
    }
  }
});
