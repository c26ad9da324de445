import { Option } from 'commander'
import { authAudits, streams } from '../../schemas/streams/index.js'

/** The option `--stream`. */
export function streamOption(): Option {
  return new Option('--stream <name>', 'the stream').choices(streams.map(({ name }) => name)).default(authAudits.name)
}
