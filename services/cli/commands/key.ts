import { Command } from 'commander'
import { streams } from '../../../schemas/streams/index.js'
import { apiKeyHash, newApiKey } from '../../runtime/auth/api_key.js'

interface Options {
  readonly name: string
  readonly org: readonly string[]
  readonly stream: readonly string[]
}

const STREAMS = streams.map(({ name }) => name)

export function keyCommand(): Command {
  return new Command('key')
    .description('Makes an API key that may write records over HTTP, and its entry for API_KEYS.')
    .requiredOption('--name <name>', 'who uses the key, for limits and for you')
    .requiredOption('--org <id...>', 'organizations whose records the holder may write; * for all')
    .option('--stream <name...>', 'streams that the holder may write', STREAMS)
    .addHelpText(
      'after',
      `
Prints JSON: key goes to its holder, and entry into the list API_KEYS of the collector, which has only a hash of the key.
To replace a key, put both hashes into sha256 of its entry until the holder uses the new one.`,
    )
    .action(({ name, org, stream }: Options) => {
      const key = newApiKey()
      const entry = { name, sha256: [apiKeyHash(key).toString('hex')], organizations: org, streams: stream }
      process.stdout.write(`${JSON.stringify({ key, entry }, undefined, 2)}\n`)
    })
}
