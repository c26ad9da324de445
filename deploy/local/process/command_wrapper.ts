import { spawn } from 'node:child_process'

/**
 * Runs a program that is not a Node program as a child of this one, forwards SIGTERM to it and exits with its exit
 * code. With the orphan guard, the program stops when the process that started this one has died.
 *
 * Usage: node command_wrapper.js COMMAND [ARGUMENT …]
 */
const [command, ...args] = process.argv.slice(2)
if (command === undefined) throw new Error('command_wrapper: no command given')

const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })

let stopRequested = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    stopRequested = true
    child.kill('SIGTERM')
  })
}

child.once('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(127)
})
child.once('exit', (code, signal) => {
  // A program that ends by SIGTERM has stopped as requested. The JVM exits with 143 then.
  if (stopRequested && (signal === 'SIGTERM' || code === 143)) process.exit(0)
  process.exit(code ?? 1)
})
