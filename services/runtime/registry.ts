import { z } from 'zod'
import { httpUrl, pem } from './env.js'

/** How a service connects to a Confluent schema registry, if one is used. */
export const registryConfig = {
  SCHEMA_REGISTRY_URL: httpUrl
    .optional()
    .describe('The Confluent schema registry; needed only for records in the Confluent framing'),
  SCHEMA_REGISTRY_USERNAME: z
    .string()
    .optional()
    .describe('The user name for the registry (basic authentication); an API key is one, too'),
  SCHEMA_REGISTRY_PASSWORD: z.string().optional().describe('Its password'),
  SCHEMA_REGISTRY_TOKEN: z.string().optional().describe('A bearer token for the registry, in place of a user name'),
  SCHEMA_REGISTRY_CA: pem
    .optional()
    .describe('The CA certificates to trust with https, as PEM, in place of those that Node.js trusts'),
  SCHEMA_REGISTRY_CERTIFICATE: pem.optional().describe('The client certificate for mTLS, as PEM'),
  SCHEMA_REGISTRY_KEY: pem.optional().describe('Its private key, as PEM'),
}

const schema = z.object(registryConfig)
export type RegistryConfig = z.output<typeof schema>

/** Settings that have no effect without another one. */
const NEEDS: readonly (readonly [name: keyof RegistryConfig, needed: keyof RegistryConfig])[] = [
  ['SCHEMA_REGISTRY_USERNAME', 'SCHEMA_REGISTRY_URL'],
  ['SCHEMA_REGISTRY_USERNAME', 'SCHEMA_REGISTRY_PASSWORD'],
  ['SCHEMA_REGISTRY_PASSWORD', 'SCHEMA_REGISTRY_USERNAME'],
  ['SCHEMA_REGISTRY_TOKEN', 'SCHEMA_REGISTRY_URL'],
  ['SCHEMA_REGISTRY_CA', 'SCHEMA_REGISTRY_URL'],
  ['SCHEMA_REGISTRY_CERTIFICATE', 'SCHEMA_REGISTRY_URL'],
  ['SCHEMA_REGISTRY_CERTIFICATE', 'SCHEMA_REGISTRY_KEY'],
  ['SCHEMA_REGISTRY_KEY', 'SCHEMA_REGISTRY_CERTIFICATE'],
]

/** For a configuration's schema: settings that contradict each other, or have no effect, are faults. */
export function checkRegistry(config: Partial<RegistryConfig>, context: z.RefinementCtx): void {
  const fault = (name: keyof RegistryConfig, message: string): void => {
    context.addIssue({ code: 'custom', path: [name], message })
  }
  for (const [name, needed] of NEEDS) {
    if (config[name] !== undefined && config[needed] === undefined) fault(needed, `is required with ${name}`)
  }
  if (config.SCHEMA_REGISTRY_TOKEN !== undefined && config.SCHEMA_REGISTRY_USERNAME !== undefined) {
    fault('SCHEMA_REGISTRY_TOKEN', 'cannot be set with SCHEMA_REGISTRY_USERNAME')
  }
  const { SCHEMA_REGISTRY_URL: url } = config
  if (url === undefined) return
  const { username, password } = new URL(url)
  if (username !== '' || password !== '') {
    fault('SCHEMA_REGISTRY_URL', 'must not contain a login: set SCHEMA_REGISTRY_USERNAME and _PASSWORD')
  }
  for (const name of ['SCHEMA_REGISTRY_CA', 'SCHEMA_REGISTRY_CERTIFICATE'] as const) {
    if (config[name] !== undefined && !url.startsWith('https:')) {
      fault(name, 'has no effect unless SCHEMA_REGISTRY_URL begins with https:')
    }
  }
}

/** How to reach the registry, in the terms of its client; undefined if there is none. */
export function registryAccess(config: RegistryConfig) {
  const { SCHEMA_REGISTRY_URL: url } = config
  if (url === undefined) return undefined
  return {
    url,
    username: config.SCHEMA_REGISTRY_USERNAME,
    password: config.SCHEMA_REGISTRY_PASSWORD,
    token: config.SCHEMA_REGISTRY_TOKEN,
    ca: config.SCHEMA_REGISTRY_CA,
    certificate: config.SCHEMA_REGISTRY_CERTIFICATE,
    key: config.SCHEMA_REGISTRY_KEY,
  }
}
