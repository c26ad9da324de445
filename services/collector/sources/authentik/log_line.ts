import { z } from 'zod'
import { timeOfLog } from '../log_time.js'

/** The line that authentik logs for each event (`Event.save`). Other lines of its log have another `event`. */
const logLine = z.looseObject({
  event: z.literal('Created Event'),
  action: z.string(),
  timestamp: z.string(),
  user: z.unknown().optional(),
  context: z.unknown().optional(),
  client_ip: z.unknown().optional(),
})

/**
 * The event in a line of authentik's log on standard output, as its webhooks have it; undefined where the line is no
 * event. The line has no `pk`: the line itself identifies the event. Its time has no offset unless it ends with one.
 */
export function eventInAuthentikLog(line: string, utcOffset: string): object | undefined {
  const parsed = logLine.safeParse(json(line))
  if (!parsed.success) return undefined
  const { action, timestamp, user, context, client_ip } = parsed.data
  return { pk: text(line), action, created: timeOfLog(timestamp, utcOffset), user, context, client_ip }
}

/** The JSON of a line, without what a container's log puts before it. */
function text(line: string): string {
  return line.slice(Math.max(0, line.indexOf('{'))).trim()
}

function json(line: string): unknown {
  try {
    return JSON.parse(text(line))
  } catch {
    return undefined
  }
}
