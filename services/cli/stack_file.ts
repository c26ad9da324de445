import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Option } from 'commander'
import { z } from 'zod'
import { CliError } from './errors.js'

const user = z.object({ name: z.string(), password: z.string() })

/** The addresses and credentials of a running stack, as `npm start` writes them. */
const stackFile = z.object({
  query: z.object({ url: z.string() }),
  collector: z.object({ url: z.string(), secrets: z.record(z.string(), z.string()), api_key: z.string().optional() }),
  kafka: z.object({ brokers: z.array(z.string()).min(1) }),
  clickhouse: z.object({
    url: z.string(),
    database: z.string(),
    users: z.object({
      migrate: user,
      ingest: user,
      query: user,
      export: user,
      retention: user.optional(),
      analyst: user,
    }),
  }),
  metrics: z.object({ ingest: z.string(), query: z.string(), collector: z.string(), retention: z.string().optional() }),
  issuer: z.object({ issuer: z.string(), audience: z.string(), private_key_file: z.string() }),
})

export type Stack = z.output<typeof stackFile>

const USUAL = join('.local', 'stack.json')

/** The option `--stack`. Without it, the stack file is where `findStackFile` finds it. */
export function stackOption(): Option {
  return new Option(
    '--stack <file>',
    'the stack file of a running Gatelog (default: GATELOG_STACK, else .local/stack.json here or in a folder above)',
  )
}

/** The stack file that the environment names, else the one of this folder or of the nearest folder above it. */
export function findStackFile(folder: string, environment: NodeJS.ProcessEnv): string {
  if (environment.GATELOG_STACK) return environment.GATELOG_STACK
  for (let above = folder; ; above = dirname(above)) {
    if (existsSync(join(above, USUAL))) return join(above, USUAL)
    if (above === dirname(above)) return USUAL
  }
}

/**
 * Reads a stack file.
 *
 * @throws {CliError} `STACK_FILE_MISSING` or `STACK_FILE_INVALID`
 */
export async function readStack(file: string): Promise<Stack> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(
      'STACK_FILE_MISSING',
      `There is no running stack at ${file} (${error.code}): start one with \`npm start\`, or name another stack file with --stack or GATELOG_STACK.`,
    )
  })
  const parsed = stackFile.safeParse(json(text))
  if (parsed.success) return parsed.data
  const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join('.') || 'the whole file'))].join(', ')
  throw new CliError(
    'STACK_FILE_INVALID',
    `${file} is not a valid stack file (wrong: ${fields}): name the file of a running stack.`,
  )
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
