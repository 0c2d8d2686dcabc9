// The shim protocol of conformance/PORTING.md, for a client written in JavaScript. It knows no library and checks nothing.
import { createInterface } from 'node:readline'
import { readFileSync } from 'node:fs'

/** What this client cannot honour: the case is reported as not claimed. */
export class Unimplemented extends Error {}
export const unimplemented = (what) => {
  throw new Unimplemented(what)
}

/** The version of an installed package. */
export const version = (name, from) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, from))).version

/**
 * Speaks the protocol until the input ends.
 *
 * `client` has `begin(flow, issuer)`, which returns an address and what the browser's session is to keep, and
 * `callback(session, url)`, `refresh(tokens)`, `userinfo(tokens)` and `revoke(tokens)`, each of which returns the fields of
 * a result. `refusal(error, stage)` returns `{stage, class, code, detail}` for what they throw.
 */
export async function serve({ name, version, can, connect, refusal }) {
  const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
  const sessions = new Map() // what is stored for a browser while its login is under way
  const logins = new Map() // and what is left of it afterwards
  let client, config, deadline

  const refused = (flow, of, refusal) =>
    write({ t: 'result', flow, of, ok: false, code: null, detail: '', ...refusal })
  const fail = (flow, of, stage, error) =>
    error instanceof Unimplemented ? write({ t: 'unimplemented' }) : refused(flow, of, refusal(error, stage))
  const attempt = async (flow, of, stage, action) => {
    try {
      write({ t: 'result', flow, of, ok: true, ...(await action()) })
    } catch (error) {
      fail(flow, of, stage, error)
    }
  }
  const begin = async (flow, issuer) => {
    try {
      client ??= connect(config, deadline)
      const { url, session } = await client.begin(issuer ?? config.issuer)
      sessions.set(flow, session)
      write({ t: 'authorize', flow, url, redirect_uri: config.redirect_uri })
    } catch (error) {
      fail(flow, 'login', 'authorize', error)
    }
  }

  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line)
    const { t, flow = 'f1' } = message
    switch (t) {
      case 'hello':
        if (message.proto !== 1) process.exit(89)
        deadline = message.deadline_ms
        write({ t, proto: 1, name, version, lang: 'javascript', can: [...can, 'parallel', 'reset'], callback: 'stdin' })
        break
      case 'config':
        config = message
        await begin(flow)
        break
      case 'begin':
        await begin(flow, message.issuer)
        break
      case 'callback': {
        // The session of a login that has ended is empty: there is nothing that the library could be given.
        const session = sessions.get(flow)
        sessions.delete(flow)
        if (session === undefined) {
          refused(flow, 'login', { stage: 'callback', class: 'state', detail: 'no login is under way' })
          break
        }
        await attempt(flow, 'login', 'callback', async () => {
          const { tokens, ...result } = await client.callback(session, message.url)
          logins.set(flow, tokens)
          return result
        })
        break
      }
      case 'refresh':
      case 'userinfo':
      case 'revoke':
        await attempt(flow, t, t, () => {
          if (!logins.has(flow)) throw new Error('this login has no tokens')
          return client[t](logins.get(flow))
        })
        break
      case 'reset':
        client = config = undefined
        sessions.clear()
        logins.clear()
        write({ t })
        break
      default:
        write({ t: 'unimplemented' })
    }
  }
}
