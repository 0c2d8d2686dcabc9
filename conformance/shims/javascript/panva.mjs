// What openid-client and oauth4webapi have in common: both throw the errors of oauth4webapi, and send by `fetch`.

/** A `fetch` of undici that trusts these certificates and no others, in the way that both document for `customFetch`. */
export const trusting = (undici, ca) => {
  const dispatcher = new undici.Agent({ connect: { ca } })
  return (url, options) => undici.fetch(url, { ...options, dispatcher })
}

/** What to send with the authorization request, in the order of the libraries' examples. */
export const parameters = (config, state, nonce, code_challenge) => ({
  redirect_uri: config.redirect_uri,
  ...(config.scope && { scope: config.scope }),
  code_challenge,
  code_challenge_method: 'S256',
  state,
  ...(nonce && { nonce }),
  ...(config.max_age != null && { max_age: String(config.max_age) }),
  ...(config.acr_values && { acr_values: config.acr_values }),
  ...(config.resource && { resource: config.resource }),
})

/** The server as its metadata would describe it, and the one algorithm that the client is registered with. */
export const server = ({ issuer, endpoints }, { id_token_algs }) => ({
  issuer,
  authorization_endpoint: endpoints.authorization,
  token_endpoint: endpoints.token,
  jwks_uri: endpoints.jwks,
  userinfo_endpoint: endpoints.userinfo,
  revocation_endpoint: endpoints.revocation,
  ...(id_token_algs && { id_token_signing_alg_values_supported: id_token_algs }),
})

export const isOpenId = (config) => config.scope.split(' ').includes('openid')

/** The fields of a success. RFC 6749 section 5.1: no scope in the response means the one that was asked for. */
export const success = (tokens, claims, config) => ({
  tokens,
  token_type: tokens.token_type,
  scope: tokens.scope ?? config.scope,
  expires_in: tokens.expires_in ?? null,
  ...(claims && { id_token_verified: true, sub: claims.sub, claims }),
})

const CLAIM = { iss: 1, aud: 1, azp: 1, exp: 1, nbf: 1, iat: 1, nonce: 1, sub: 1, auth_time: 1, acr: 1 }
const claim = (name) => (CLAIM[name] ? `claim_${name}` : name === 'c_hash' || name === 'at_hash' ? name : 'jwt_malformed')
const quoted = (message) => /"([a-z_]+)"/.exec(message)?.[1]

/** The class of an error, by its code, and where one code stands for several checks by its message. */
export function refusal(error, stage) {
  // openid-client wraps the error of oauth4webapi, whose message is the more exact one.
  const inner = error.cause instanceof Error && error.cause.code === error.code ? error.cause : error
  const { message } = inner
  const code = error.code ?? error.cause?.code
  const answer = (stage, name, code = null) => ({ stage, class: name, code, detail: `${error.name}: ${message}` })
  const sent = stage === 'callback' ? 'token' : stage
  switch (code) {
    case 'OAUTH_AUTHORIZATION_RESPONSE_ERROR':
      return answer('callback', 'as_error', error.error)
    case 'OAUTH_RESPONSE_BODY_ERROR':
      return answer(sent, 'token_error', error.error)
    case 'OAUTH_WWW_AUTHENTICATE_CHALLENGE':
      return answer(sent, 'token_http')
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM': {
      const status = (inner.cause ?? error.cause)?.status
      return answer(sent, stage === 'authorize' ? 'discovery' : status > 299 && status < 400 ? 'redirect' : 'token_http')
    }
    case 'OAUTH_HTTP_REQUEST_FORBIDDEN':
      return answer(sent, 'tls')
    case 'OAUTH_REQUEST_PROTOCOL_FORBIDDEN': // neither http nor https
      return stage === 'authorize' ? answer('discovery', 'discovery') : answer(sent, 'tls')
    case 'OAUTH_MISSING_SERVER_METADATA':
    case 'OAUTH_INVALID_SERVER_METADATA':
      return answer('discovery', stage === 'authorize' ? 'discovery' : 'config')
    case 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED':
      return stage === 'authorize' ? answer('discovery', 'issuer') : answer('userinfo', 'userinfo_sub')
    case 'OAUTH_KEY_SELECTION_FAILED':
      return answer('id_token', 'key')
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return answer('id_token', claim(error.cause?.claim ?? inner.cause?.claim ?? quoted(message)))
    case 'OAUTH_UNSUPPORTED_OPERATION':
      if (message.includes('crit')) return answer('id_token', 'crit')
      if (message.includes('token_type')) return answer('token', 'token_type')
      if (message.includes('JWE')) return answer('id_token', 'jwt_malformed')
      return answer('id_token', message.includes('modulusLength') ? 'key' : message.includes('JWS') ? 'alg' : 'other')
    case 'OAUTH_PARSE_ERROR':
    case 'OAUTH_RESPONSE_IS_NOT_JSON':
      if (message.includes('JWT')) return answer('id_token', 'jwt_malformed')
      return answer(sent, stage === 'authorize' ? 'discovery' : 'token_malformed')
    case 'OAUTH_INVALID_RESPONSE':
      return invalid(message, stage, answer)
  }
  return transport(error, sent, answer)
}

function invalid(message, stage, answer) {
  if (message.includes('signature')) return answer('id_token', 'signature')
  if (message.includes('"alg"')) return answer('id_token', 'alg')
  if (message.includes('"typ"')) return answer('id_token', 'typ')
  if (/JWT|ID Token/.test(message)) return answer('id_token', claim(quoted(message)))
  if (message.includes('"keys"')) return answer('id_token', 'key')
  if (message.includes('"id_token"')) return answer('id_token', 'jwt_malformed')
  if (message.includes('body')) return answer(stage === 'callback' ? 'token' : stage, stage === 'authorize' ? 'discovery' : 'token_malformed')
  if (message.includes('only once')) return answer('callback', 'callback_malformed')
  if (message.includes('"iss"')) return answer('callback', 'iss')
  if (message.includes('"state"')) return answer('callback', 'state')
  return answer('callback', 'callback_malformed')
}

/** What `fetch` throws when there is no response, and what `URL` and the libraries throw for an argument. */
function transport(error, stage, answer) {
  const causes = [error, error.cause, error.cause?.cause].filter(Boolean)
  const named = (pattern) => causes.some(({ name, code, message }) => pattern.test(`${name} ${code} ${message}`))
  const discovering = stage === 'authorize' ? 'discovery' : undefined
  if (named(/TimeoutError|UND_ERR_\w+_TIMEOUT/)) return answer(discovering ?? stage, 'timeout')
  if (named(/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL/)) return answer(discovering ?? stage, 'tls')
  if (named(/ERR_INVALID_ARG|ERR_INVALID_URL/)) return answer(stage, stage === 'authorize' ? 'config' : 'token_malformed')
  return answer(discovering ?? stage, discovering ?? 'token_http')
}
