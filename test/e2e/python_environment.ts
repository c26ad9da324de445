import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A Python of its own in the user's cache, for which pip has installed packages: each of `installs` are the arguments of one call of it. */
export async function pythonWith(name: string, installs: readonly (readonly string[])[]): Promise<string> {
  const { stdout } = await run('python3', ['-c', 'import sys; print(sys.version)'])
  const key = createHash('sha256').update(JSON.stringify(installs)).update(stdout).digest('hex').slice(0, 12)
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'gatelog', `${name}-${key}`)
  const interpreter = join(folder, 'bin', 'python')
  if (existsSync(interpreter)) return interpreter
  await mkdir(dirname(folder), { recursive: true })
  // Made aside and moved into place whole; an interpreter finds its packages beside itself, wherever it is moved to.
  const aside = await mkdtemp(`${folder}.`)
  try {
    await run('python3', ['-m', 'venv', aside])
    for (const install of installs) {
      await run(join(aside, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...install])
    }
    await rename(aside, folder)
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    if (!existsSync(interpreter)) throw error
  }
  return interpreter
}
