import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pythonWith } from '../fixtures/stack/python_environment.js'

const VERSION = '4.32.5'
const config = join(import.meta.dirname, 'schemathesis.toml')

export interface Examination {
  /** Where the OpenAPI document is: an address, or a file. */
  readonly document: string
  readonly api: string
  readonly token: string
  /** Requests made up for each operation, at most, beside those that cover its parameters one by one. */
  readonly examples: number
}

/** What schemathesis found: the documented answers of a service held against those that it gives to requests made up from its document. */
export interface Finding {
  readonly passed: boolean
  readonly report: string
}

export async function examine({ document, api, token, examples }: Examination): Promise<Finding> {
  // It leaves what it has found where it runs, and begins with it the next time: here each run is for itself.
  const cwd = await mkdtemp(join(tmpdir(), 'gatelog-schemathesis-'))
  try {
    return await run(cwd, { document, api, token, examples })
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}

async function run(cwd: string, { document, api, token, examples }: Examination): Promise<Finding> {
  const python = await pythonWith('schemathesis', [[`schemathesis==${VERSION}`]])
  // Run by the interpreter: the path of another, which stands in the script, is that of where it was made.
  const options = ['--url', api, '--phases', 'examples,coverage,fuzzing', '--max-examples', String(examples)]
  const command = [
    '-m',
    'schemathesis.cli',
    '--config-file',
    config,
    'run',
    document,
    ...options,
    '--seed',
    '1',
    '--no-color',
  ]
  return new Promise((resolve, reject) => {
    const env = { ...process.env, GATELOG_TOKEN: token }
    execFile(python, command, { cwd, env, timeout: 200_000, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      // It ends with 1 where it has found something; with anything else it has not examined.
      if (error === null || error.code === 1) resolve({ passed: error === null, report: stdout })
      else reject(new Error(`schemathesis failed: ${error.message}\n${stdout}\n${stderr}`))
    })
  })
}
