import { once } from 'node:events'
import { Agent as HttpAgent, type IncomingMessage, request } from 'node:http'
import { Agent as HttpsAgent, request as secureRequest } from 'node:https'
import type { RegistryConfig } from './registry_config.js'

/** A schema is a few kilobytes. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024
const MAX_CONNECTIONS = 16

/** An HTTP response with a JSON body; `body` is undefined if it isn't JSON. */
export interface JsonResponse {
  readonly status: number
  readonly body: unknown
}

/** Requests a path of the registry. @throws {Error} when there is no complete response in time */
export type RegistryClient = (path: string) => Promise<JsonResponse>

/** A client of the registry at `SCHEMA_REGISTRY_URL`, with its login and its certificates. */
export function registryClient(url: string, config: RegistryConfig, timeoutMs: number): RegistryClient {
  const secure = url.startsWith('https:')
  const { SCHEMA_REGISTRY_CA: ca, SCHEMA_REGISTRY_CERTIFICATE: cert, SCHEMA_REGISTRY_KEY: key } = config
  const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS }
  const tls = { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert, key }) }
  const agent = secure ? new HttpsAgent({ ...options, ...tls }) : new HttpAgent(options)
  const headers = { accept: 'application/vnd.schemaregistry.v1+json, application/json', ...loginOf(config) }

  return async (path) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const get = (secure ? secureRequest : request)(`${url}${path}`, { agent, headers, signal })
    const responded = once(get, 'response') as Promise<[IncomingMessage]>
    // Errors reject the wait for the response, or the reading of its body.
    get.on('error', () => {})
    get.end()
    const [response] = await responded
    return { status: response.statusCode ?? 0, body: json(await bodyOf(response)) }
  }
}

function loginOf(config: RegistryConfig): Readonly<Record<string, string>> {
  const { SCHEMA_REGISTRY_USERNAME: user, SCHEMA_REGISTRY_PASSWORD: password, SCHEMA_REGISTRY_TOKEN: token } = config
  if (token !== undefined) return { authorization: `Bearer ${token}` }
  if (user === undefined) return {}
  return { authorization: `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` }
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

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
