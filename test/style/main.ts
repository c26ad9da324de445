import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { columns } from './columns.js'
import { words } from './words.js'

/** What the rules themselves name. */
const RULES = /^test\/style\//

const paths = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && !RULES.test(path) && existsSync(path))

const findings = paths.flatMap((path) => {
  if (!/\.(?:tsx?|sql|md|sh|ya?ml)$/.test(path)) return []
  const text = readFileSync(path, 'utf8')
  return [...columns(path, text), ...words(path, text)]
})
for (const { path, line, message } of findings) process.stderr.write(`${path}:${line}: ${message}\n`)
process.exitCode = findings.length === 0 ? 0 : 1
