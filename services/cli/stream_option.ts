import { Option } from 'commander'
import { authAudits, streams } from '../../schemas/streams/index.js'

/** The option by which a command is told which stream to work with. */
export function streamOption(): Option {
  return new Option('--stream <name>', 'the stream').choices(streams.map(({ name }) => name)).default(authAudits.name)
}
