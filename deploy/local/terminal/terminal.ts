import { Interrupted, runStack, sentence, type Terminal } from '../run_stack.js'
import { parseOptions } from './options.js'

/** Runs a stack for the person at the terminal; answers with the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv)
  if ('exitCode' in options) return options.exitCode
  // A closed terminal is no reason to fail: what was started is still to be stopped in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // However often: the first begins the end, and it is under way.
    process.on(signal, () => ending.abort(new Interrupted(`stopped by ${signal}`)))
  }
  try {
    return (await runStack(options, terminal, ending)) ? 0 : 1
  } catch (error) {
    terminal.complain(sentence(error))
    return 1
  }
}

const terminal: Terminal = {
  say: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
}
