/**
 * Builds the repository in the current folder: runs `npm run compile` and remembers from which files. With
 * `--if-changed` it does nothing if these files are the same as at the last build. It is JavaScript because it runs
 * before anything is compiled.
 */
import { execSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const INPUTS = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'schemas',
  'services',
  'deploy',
  'test',
]
const NOT_INPUTS = new Set(['node_modules', 'dist'])
const STAMP = join('dist', '.built')

function filesOf(path) {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return []
  if (!stats.isDirectory()) return [`${path} ${stats.size} ${stats.mtimeMs}`]
  const names = readdirSync(path).filter((name) => !NOT_INPUTS.has(name) && !name.startsWith('.'))
  return names.sort().flatMap((name) => filesOf(join(path, name)))
}

function fingerprint() {
  return createHash('sha256').update(INPUTS.flatMap(filesOf).join('\n')).digest('hex')
}

function lastBuild() {
  try {
    return readFileSync(STAMP, 'utf8')
  } catch {
    return undefined
  }
}

const current = fingerprint()
if (!process.argv.includes('--if-changed') || lastBuild() !== current) {
  try {
    execSync('npm run --silent compile', { stdio: 'inherit' })
  } catch {
    // The compiler has printed the reason.
    process.exit(1)
  }
  mkdirSync('dist', { recursive: true })
  writeFileSync(STAMP, current)
}
