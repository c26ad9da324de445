import { eventInAuthentikLog } from '../../collector/sources/authentik/log_line.js'
import { openReader } from '../../collector/sources/config.js'
import { eventInKeycloakLog } from '../../collector/sources/keycloak/log_line.js'
import type { Format } from './format.js'
import { jsonRecords } from './json_records.js'

/** The inputs of `gatelog forward --from`. */
export const formats: Readonly<Record<string, Format>> = {
  'authentik-log': logOf('authentik', eventInAuthentikLog),
  'keycloak-log': logOf('keycloak', eventInKeycloakLog),
  okta: {
    source: 'okta',
    isJson: true,
    open(config) {
      const read = openReader('okta', config)
      // A hook has its events within; an entry of the System Log is one.
      return (text) => read(Buffer.from(/"data"\s*:\s*\{\s*"events"/.test(text) ? text : `[${text}]`))
    },
  },
  auth0: {
    source: 'auth0',
    isJson: true,
    open(config) {
      const read = openReader('auth0', config)
      return (text) => read(Buffer.from(text))
    },
  },
  json: { source: 'json', isJson: true, open: jsonRecords },
}

/** A log with an event on some of its lines. */
function logOf(kind: string, eventIn: (line: string, utcOffset: string) => object | undefined): Format {
  return {
    source: kind,
    isJson: false,
    open({ utcOffset, ...config }) {
      const read = openReader(kind, config)
      return (line) => {
        const event = eventIn(line, utcOffset)
        return event === undefined ? [{ is: 'ignored', type: 'line' }] : read(Buffer.from(JSON.stringify(event)))
      }
    },
  }
}
