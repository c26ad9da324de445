import { once } from 'node:events'
import { Agent as HttpAgent, type IncomingMessage, request } from 'node:http'
import { Agent as HttpsAgent, request as secureRequest } from 'node:https'
import { RegistryError } from './registry_error.js'

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json'
/** A schema is a few kilobytes. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024
const MAX_CONNECTIONS = 16

/** Where a Confluent schema registry is, and how it knows the caller. */
export interface RegistryAccess {
  readonly url: string
  /** A user name and its password (basic authentication), or a bearer token. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly token?: string | undefined
  /** The CA certificates to trust with https, as PEM, in place of those that Node.js trusts. */
  readonly ca?: string | undefined
  /** The client certificate for mTLS and its private key, as PEM. */
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  /** How long an answer may take, in milliseconds (default 10,000). */
  readonly timeoutMs?: number | undefined
}

/** The registry's answer. The body is what a JSON object has, or empty. */
export interface RegistryAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * Gets a path of the registry, or posts a JSON body to it.
 *
 * @throws {RegistryError} when there is no complete answer in time, or the registry rejects the login
 */
export type RegistryClient = (path: string, body?: object) => Promise<RegistryAnswer>

/** @throws {TypeError} when the URL is none */
export function registryClient(access: RegistryAccess): RegistryClient {
  const { url, ca, certificate, key, timeoutMs = 10_000 } = access
  if (!/^https?:/.test(url) || !URL.canParse(url)) throw new TypeError('The URL of the schema registry is not valid.')
  const secure = url.startsWith('https:')
  const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS }
  const tls = { ...(ca === undefined ? {} : { ca }), ...(certificate === undefined ? {} : { cert: certificate, key }) }
  const agent = secure ? new HttpsAgent({ ...options, ...tls }) : new HttpAgent(options)
  const base = url.replace(/\/+$/, '')
  const common = { accept: `${MEDIA_TYPE}, application/json`, ...loginOf(access) }

  async function ask(path: string, body: object | undefined): Promise<RegistryAnswer> {
    const signal = AbortSignal.timeout(timeoutMs)
    const headers = body === undefined ? common : { ...common, 'content-type': MEDIA_TYPE }
    const method = body === undefined ? 'GET' : 'POST'
    const asking = (secure ? secureRequest : request)(`${base}${path}`, { agent, headers, method, signal })
    const responded = once(asking, 'response') as Promise<[IncomingMessage]>
    // Errors reject the wait for the response, or the reading of its body.
    asking.on('error', () => {})
    asking.end(body && JSON.stringify(body))
    const [response] = await responded
    return { status: response.statusCode ?? 0, body: jsonObject(await bodyOf(response)) }
  }

  return async (path, body) => {
    const answer = await ask(path, body).catch((error: NodeJS.ErrnoException) => {
      const reason = error.name === 'AbortError' ? 'timeout' : (error.code ?? error.name)
      throw new RegistryError('REGISTRY_UNREACHABLE', `The schema registry does not respond (${reason}).`)
    })
    const { status } = answer
    if (status !== 401 && status !== 403) return answer
    throw new RegistryError('REGISTRY_UNAUTHORIZED', `The schema registry rejects the login (${status}).`)
  }
}

function loginOf({ username, password, token }: RegistryAccess): Readonly<Record<string, string>> {
  if (token !== undefined) return { authorization: `Bearer ${token}` }
  if (username === undefined) return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > MAX_RESPONSE_BYTES) throw new Error('The schema registry sent more than a schema has.')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    return {}
  }
}
