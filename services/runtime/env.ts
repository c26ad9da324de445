import { readFileSync } from 'node:fs'
import { z } from 'zod'

/**
 * Thrown when a service's environment is not valid. It names every fault at once, and no value: a value may be a
 * secret.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'CONFIG_INVALID'
  readonly retriable = false

  constructor(readonly faults: readonly string[]) {
    super(
      `The configuration is not valid; see docs/configuration.md.\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    )
  }
}

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a service's configuration. An empty variable counts as absent. `X_FILE` may name a file that holds the value of
 * `X`, which keeps secrets out of the environment.
 *
 * @throws {ConfigError} naming every variable that is missing or not valid
 */
export function readConfig<S extends z.ZodObject>(schema: S, environment: Environment): z.output<S> {
  const faults: string[] = []
  const found = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = given(name, environment, faults)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const parsed = schema.safeParse(found)
  if (!parsed.success) faults.push(...parsed.error.issues.map(faultOf))
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults)
  return parsed.data
}

function given(name: string, environment: Environment, faults: string[]): string | undefined {
  const direct = environment[name] || undefined
  const path = environment[`${name}_FILE`] || undefined
  if (path === undefined) return direct
  if (direct !== undefined) {
    faults.push(`${name}: set it or ${name}_FILE, not both`)
    return undefined
  }
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch (error) {
    faults.push(`${name}_FILE: cannot read the file (${(error as NodeJS.ErrnoException).code})`)
    return undefined
  }
}

function faultOf(issue: z.core.$ZodIssue): string {
  const name = issue.path.join('.')
  const missing = issue.code === 'invalid_type' && issue.input === undefined
  return missing || (issue.code === 'invalid_type' && /received undefined/.test(issue.message))
    ? `${name}: is required`
    : `${name}: ${issue.message}`
}

/** A decimal integer in `[min, max]`. */
export function integer(min: number, max: number) {
  return z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
}

/** A port to listen on; with 0 the system chooses one. */
export const port = integer(0, 65_535)

/** A comma-separated list, without empty entries. */
export const list = z.string().transform((text, context) => {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length === 0) context.addIssue({ code: 'custom', message: 'must name at least one, separated by commas' })
  return parts
})

/** JSON text of any value. The error does not quote it: it may hold secrets, as the parser's own message does. */
export const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' })
    return z.NEVER
  }
})

/** PEM text, so that a path given by mistake fails at the start and not at the first connection. */
export const pem = z
  .string()
  .regex(
    /-----BEGIN [A-Z0-9 ]+-----/,
    'must be PEM text; to name a file that holds it, set the variable that ends in _FILE',
  )

/** An `http` or `https` URL, without its trailing slash. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .transform((url) => url.replace(/\/$/, ''))
