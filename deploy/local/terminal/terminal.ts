import { InterruptedError, messageOf, runStack, type Terminal } from '../run_stack.js'
import { parseOptions } from './options.js'

/** Runs a stack from a terminal. Returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv)
  if ('exitCode' in options) return options.exitCode
  // When the terminal is closed, the stack still has to stop in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // The first signal stops the stack; further ones change nothing.
    process.on(signal, () => stop.abort(new InterruptedError(`stopped by ${signal}`)))
  }
  try {
    return (await runStack(options, terminal, stop)) ? 0 : 1
  } catch (error) {
    terminal.printError(messageOf(error))
    return 1
  }
}

const terminal: Terminal = {
  print: (line) => process.stdout.write(`${line}\n`),
  printError: (line) => process.stderr.write(`${line}\n`),
}
