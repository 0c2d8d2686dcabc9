// A login by openid-client, as its README and examples/oauth.ts and examples/oidc.ts show it.
import * as client from 'openid-client'
import * as undici from 'undici'
import { serve, unimplemented, version } from '../protocol.mjs'
import { isOpenId, parameters, refusal, server, success, trusting } from '../panva.mjs'

// The documentation of `customFetch`: a redirect URI with a query, or one that `URL` prints otherwise, is put right there.
function corrected(redirectUri, fetch) {
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined
  if (!url || url.href.replace(/[?#].*/s, '') === redirectUri) return fetch
  return (address, options) => {
    if (options.body instanceof URLSearchParams && options.body.get('grant_type') === 'authorization_code') {
      options.body.set('redirect_uri', redirectUri)
    }
    return (fetch ?? globalThis.fetch)(address, options)
  }
}

function connect(config, deadline) {
  if (config.metadata_url || config.trusted_audiences || config.provider || config.now != null) unimplemented('config')
  if (config.id_token_algs?.some((alg) => alg.startsWith('HS'))) unimplemented('a shared secret as the key of ID tokens')
  const configurations = new Map()

  // The documentation of `enableNonRepudiationChecks`: TLS may take the place of a signature's check. Here is no TLS.
  const execute = isOpenId(config) ? [client.enableNonRepudiationChecks] : []
  if (config.allow_http_loopback) execute.push(client.allowInsecureRequests)
  const timeout = Math.max(1, Math.floor(deadline / 3000)) // in whole seconds

  async function configured(issuer) {
    const at = config.issuers?.find((other) => other.issuer === issuer) ?? config
    const { id, secret, auth } = at.client ?? config.client
    const metadata = {
      client_secret: secret ?? undefined,
      id_token_signed_response_alg: config.id_token_algs?.length === 1 ? config.id_token_algs[0] : undefined,
      [client.clockTolerance]: config.skew ?? 0,
    }
    // Without this argument the library sends a secret in the body, which is also its documented default.
    const authentication = { none: client.None, basic: client.ClientSecretBasic, post: client.ClientSecretPost }[auth]?.()
    const fetching = corrected(config.redirect_uri, config.ca_pem ? trusting(undici, config.ca_pem) : undefined)
    if (at.discovery) {
      if (config.id_token_algs?.length > 1) unimplemented('several algorithms with discovery')
      const options = { execute, timeout, ...(fetching && { [client.customFetch]: fetching }) }
      return client.discovery(new URL(issuer), id, metadata, authentication, options)
    }
    const configuration = new client.Configuration(server(at, config), id, metadata, authentication)
    configuration.timeout = timeout
    if (fetching) configuration[client.customFetch] = fetching
    execute.forEach((extension) => extension(configuration))
    return configuration
  }

  const resource = config.resource ? { resource: config.resource } : undefined
  return {
    async begin(issuer) {
      if (!configurations.has(issuer)) configurations.set(issuer, await configured(issuer))
      const configuration = configurations.get(issuer)
      const pkceCodeVerifier = client.randomPKCECodeVerifier()
      const challenge = await client.calculatePKCECodeChallenge(pkceCodeVerifier)
      const expectedState = client.randomState()
      const expectedNonce = config.expect_nonce ? client.randomNonce() : undefined
      const url = client.buildAuthorizationUrl(configuration, parameters(config, expectedState, expectedNonce, challenge))
      return { url: url.href, session: { configuration, checks: { pkceCodeVerifier, expectedState, expectedNonce } } }
    },
    async callback({ configuration, checks }, url) {
      checks.idTokenExpected = isOpenId(config)
      if (config.max_age != null) checks.maxAge = config.max_age
      const tokens = await client.authorizationCodeGrant(configuration, new URL(url), checks, resource)
      return { ...success(tokens, tokens.claims(), config), tokens: { configuration, tokens } }
    },
    async refresh(login) {
      const tokens = await client.refreshTokenGrant(login.configuration, login.tokens.refresh_token, resource)
      const { tokens: _, ...result } = success(tokens, tokens.claims(), config)
      login.tokens = { ...login.tokens, ...tokens }
      return result
    },
    async userinfo({ configuration, tokens }) {
      return { claims: await client.fetchUserInfo(configuration, tokens.access_token, tokens.claims().sub) }
    },
    async revoke({ configuration, tokens }) {
      await client.tokenRevocation(configuration, tokens.refresh_token ?? tokens.access_token)
      return {}
    },
  }
}

await serve({
  name: 'openid-client',
  version: version('openid-client', import.meta.url),
  can: ['code', 'pkce_s256', 'iss', 'oidc', 'discovery', 'secret_basic', 'secret_post', 'resource', 'refresh', 'userinfo', 'revoke'],
  connect,
  refusal,
})
