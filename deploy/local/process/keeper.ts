import { spawn } from 'node:child_process'

/**
 * Runs a program that is not ours as a child of this one: passes a SIGTERM on, and ends with it. With the orphan guard loaded, the
 * program ends when the process that started this one is gone.
 *
 * Usage: node keeper.js COMMAND [ARGUMENT …]
 */
const [command, ...args] = process.argv.slice(2)
if (command === undefined) throw new Error('keeper: no command given')

const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })

let asked = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    asked = true
    child.kill('SIGTERM')
  })
}

child.once('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(127)
})
child.once('exit', (code, signal) => {
  // A program that ends by the very signal it was asked with has done as asked; the JVM says 143 for it.
  if (asked && (signal === 'SIGTERM' || code === 143)) process.exit(0)
  process.exit(code ?? 1)
})
