import { z } from 'zod'
import { withOrganization } from '../../collector/sources/organization.js'
import { momentOf } from '../../collector/sources/provider_text.js'
import { checked, type Reading, type SourceRecord } from '../../collector/sources/source.js'
import { eventIdOf } from '../../collector/webhooks/event_id.js'
import type { FormatConfig } from './format.js'

/** A record as `gatelog emit` takes it. Without a time it would be another record each time that it is forwarded. */
const timed = z.looseObject({
  time: z.string('must be there, as RFC 3339 text: a record that is forwarded twice is then one'),
  event_id: z.string().nullish(),
})

/** Reads records of sign-ins. One without an `event_id` gets one from its content. */
export function jsonRecords(config: FormatConfig): (text: string) => readonly Reading[] {
  return (text) => {
    const value: unknown = JSON.parse(text)
    const { event_id: id, time } = checked(timed, value)
    const event_id = id || eventIdOf(config.name, JSON.stringify(value), momentOf('time', time))
    const record = { ...(value as object), event_id, time } as SourceRecord
    return [withOrganization({ is: 'sign-in', record }, config)]
  }
}
