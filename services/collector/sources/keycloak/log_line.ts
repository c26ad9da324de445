import { z } from 'zod'
import { timeOfLog } from '../log_time.js'
import { ShapeError } from '../source.js'
import { logFields } from './log_fields.js'

const LOGGER = 'org.keycloak.events'

/** What both forms of Keycloak's log say of a line: when it was written, what it says, and the line itself. */
interface Logged {
  readonly time: string
  readonly message: string
  readonly identity: string
}

/**
 * The event in a line that the listener `jboss-logging` wrote, plain or as JSON, as Keycloak's own event; undefined
 * where the line is no event. The line has no id: the line itself, from its time on, identifies the event.
 *
 * @throws {ShapeError} when the line is of an event, and cannot be read
 */
export function eventInKeycloakLog(line: string, utcOffset: string): object | undefined {
  const logged = plainLine(line) ?? jsonLine(line)
  if (logged === undefined || !/^(operationT|t)ype=/.test(logged.message)) return undefined
  const time = Date.parse(timeOfLog(logged.time, utcOffset))
  if (Number.isNaN(time)) throw new ShapeError(['the time of the line is none'])
  const { type, operationType, ...fields } = logFields(logged.message)
  const event = { id: logged.identity, time, ...fields }
  if (operationType !== undefined) {
    const { clientId, userId, ipAddress } = fields
    return { ...event, operationType, authDetails: { clientId, userId, ipAddress } }
  }
  // Keycloak's own names come first; what follows them are the details of the event.
  return { ...event, type, details: fields }
}

const TIME = /\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]\d+ ?(?:Z|[+-]\d\d:?\d\d)?/.source
const PLAIN = new RegExp(`(${TIME}) +[A-Z]+ +\\[${LOGGER}\\] \\([^)]*\\) (.*)$`)

/** A container's log may put more before the time. */
function plainLine(line: string): Logged | undefined {
  const found = PLAIN.exec(line.trimEnd())
  if (found === null) return undefined
  const [identity, time = '', message = ''] = found
  return { time, message, identity }
}

/** Keycloak's own JSON, and that of the Elastic Common Schema. */
const jsonForm = z
  .looseObject({
    timestamp: z.string().optional(),
    '@timestamp': z.string().optional(),
    loggerName: z.string().optional(),
    'log.logger': z.string().optional(),
    message: z.string(),
  })
  .refine(({ loggerName, 'log.logger': logger }) => loggerName === LOGGER || logger === LOGGER)

function jsonLine(line: string): Logged | undefined {
  const begin = line.indexOf('{')
  if (begin === -1) return undefined
  const identity = line.slice(begin).trim()
  const parsed = jsonForm.safeParse(json(identity))
  if (!parsed.success) return undefined
  const { timestamp, '@timestamp': ecs, message } = parsed.data
  return { time: timestamp ?? ecs ?? '', message, identity }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
