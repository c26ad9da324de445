import { readFile } from 'node:fs/promises'
import { Option } from 'commander'
import { z } from 'zod'
import { CliError } from './errors.js'

const user = z.object({ name: z.string(), password: z.string() })

/** Where the parts of a stack are and how to get in, as `npm start` writes it. */
const stackFile = z.object({
  query: z.object({ url: z.string() }),
  collector: z.object({ url: z.string(), secrets: z.object({ keycloak: z.string() }) }),
  kafka: z.object({ brokers: z.array(z.string()).min(1) }),
  clickhouse: z.object({
    url: z.string(),
    database: z.string(),
    users: z.object({ migrate: user, ingest: user, query: user, export: user }),
  }),
  metrics: z.object({ ingest: z.string(), query: z.string(), collector: z.string() }),
  issuer: z.object({ issuer: z.string(), audience: z.string(), private_key_file: z.string() }),
})

export type Stack = z.output<typeof stackFile>

/** The option by which every command is told which stack to work with. */
export function stackOption(): Option {
  return new Option('--stack <file>', 'the stack file of the Gatelog to work with').default('.local/stack.json')
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
      `There is no running stack at ${file} (${error.code}): start one with \`npm start\`, or name another’s file with --stack.`,
    )
  })
  const parsed = stackFile.safeParse(json(text))
  if (parsed.success) return parsed.data
  const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join('.') || 'the whole'))].join(', ')
  throw new CliError(
    'STACK_FILE_INVALID',
    `${file} is not a stack file (wrong: ${fields}): name that of a running stack.`,
  )
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
