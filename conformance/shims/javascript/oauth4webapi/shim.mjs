// A login by oauth4webapi, as its examples/oauth.ts, examples/oidc.ts and examples/public.ts show it.
import * as oauth from 'oauth4webapi'
import * as undici from 'undici'
import { serve, unimplemented, version } from '../protocol.mjs'
import { isOpenId, parameters, refusal, server, success, trusting } from '../panva.mjs'

function connect(config, deadline) {
  if (config.metadata_url || config.trusted_audiences || config.provider || config.now != null) unimplemented('config')
  if (config.id_token_algs?.some((alg) => alg.startsWith('HS'))) unimplemented('a shared secret as the key of ID tokens')
  const servers = new Map()
  const options = () => ({
    [oauth.allowInsecureRequests]: config.allow_http_loopback,
    ...(config.ca_pem && { [oauth.customFetch]: trusting(undici, config.ca_pem) }),
    signal: AbortSignal.timeout(Math.floor(deadline / 3)),
  })
  const additionalParameters = config.resource ? { resource: config.resource } : undefined

  async function discovered(issuer) {
    if (config.id_token_algs?.length > 1) unimplemented('several algorithms with discovery')
    const response = await oauth.discoveryRequest(new URL(issuer), options())
    return oauth.processDiscoveryResponse(new URL(issuer), response)
  }
  async function met(issuer) {
    const at = config.issuers?.find((other) => other.issuer === issuer) ?? config
    const { id, secret, auth } = at.client ?? config.client
    // It leaves the choice of a method to the application.
    if (secret && !auth) unimplemented('a method of authentication by the metadata')
    const authentication = {
      basic: () => oauth.ClientSecretBasic(secret),
      post: () => oauth.ClientSecretPost(secret),
    }[auth ?? 'none']
    const client = {
      client_id: id,
      id_token_signed_response_alg: config.id_token_algs?.length === 1 ? config.id_token_algs[0] : undefined,
      [oauth.clockTolerance]: config.skew ?? 0,
    }
    const as = at.discovery ? await discovered(issuer) : server(at, config)
    return { as, client, auth: authentication?.() ?? oauth.None() }
  }

  return {
    async begin(issuer) {
      if (!servers.has(issuer)) servers.set(issuer, await met(issuer))
      const at = servers.get(issuer)
      const verifier = oauth.generateRandomCodeVerifier()
      const challenge = await oauth.calculatePKCECodeChallenge(verifier)
      const state = oauth.generateRandomState()
      const nonce = config.expect_nonce ? oauth.generateRandomNonce() : undefined
      const url = new URL(at.as.authorization_endpoint)
      url.searchParams.set('client_id', at.client.client_id)
      url.searchParams.set('response_type', 'code')
      for (const [name, value] of Object.entries(parameters(config, state, nonce, challenge))) url.searchParams.set(name, value)
      return { url: url.href, session: { at, verifier, state, nonce } }
    },
    async callback({ at: { as, client, auth }, verifier, state, nonce }, url) {
      const answer = oauth.validateAuthResponse(as, client, new URL(url), state)
      const response = await oauth.authorizationCodeGrantRequest(
        as, client, auth, answer, config.redirect_uri, verifier, { ...options(), additionalParameters },
      )
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
        expectedNonce: nonce,
        requireIdToken: isOpenId(config),
        maxAge: config.max_age ?? undefined,
      })
      // Its documentation: TLS may take the place of this check. Here is no TLS.
      if (tokens.id_token) await oauth.validateApplicationLevelSignature(as, response, options())
      const claims = oauth.getValidatedIdTokenClaims(tokens)
      return { ...success(tokens, claims, config), tokens: { at: { as, client, auth }, tokens, claims } }
    },
    async refresh(login) {
      const { as, client, auth } = login.at
      const response = await oauth.refreshTokenGrantRequest(
        as, client, auth, login.tokens.refresh_token, { ...options(), additionalParameters },
      )
      const tokens = await oauth.processRefreshTokenResponse(as, client, response)
      if (tokens.id_token) await oauth.validateApplicationLevelSignature(as, response, options())
      const { tokens: _, ...result } = success(tokens, oauth.getValidatedIdTokenClaims(tokens), config)
      login.tokens = { ...login.tokens, ...tokens }
      return result
    },
    async userinfo({ at: { as, client }, tokens, claims }) {
      const response = await oauth.userInfoRequest(as, client, tokens.access_token, options())
      return { claims: await oauth.processUserInfoResponse(as, client, claims.sub, response) }
    },
    async revoke({ at: { as, client, auth }, tokens }) {
      const response = await oauth.revocationRequest(as, client, auth, tokens.refresh_token ?? tokens.access_token, options())
      await oauth.processRevocationResponse(response)
      return {}
    },
  }
}

await serve({
  name: 'oauth4webapi',
  version: version('oauth4webapi', import.meta.url),
  can: ['code', 'pkce_s256', 'iss', 'oidc', 'discovery', 'secret_basic', 'secret_post', 'resource', 'refresh', 'userinfo', 'revoke'],
  connect,
  refusal,
})
