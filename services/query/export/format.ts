import Negotiator from 'negotiator'
import { type ExportFormat, exportFormats, MEDIA_TYPES } from '../../../schemas/derive/export_formats.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { Problem } from '../../runtime/problem.js'
import { type GivenParameters, ParameterError } from '../parameters/given_parameters.js'

/**
 * The format that a request asks for: by `format`, else by `Accept`, else JSON lines. @throws {Problem} 406
 * `NOT_ACCEPTABLE`
 */
export function formatFrom(given: GivenParameters, stream: Stream, accept: string | undefined): ExportFormat {
  const formats = exportFormats(stream)
  const named = given.readOne('format', (text) => {
    const format = formats.find((each) => each === text.toLowerCase())
    if (format === undefined) throw new ParameterError(`must be one of ${formats.join(', ')}.`)
    return format
  })
  return named ?? accepted(formats, accept)
}

/** The format whose media type `Accept` prefers (RFC 9110, section 12.5.1); among equals, the first that there is. */
function accepted(formats: readonly ExportFormat[], accept = '*/*'): ExportFormat {
  const preferred = new Negotiator({ headers: { accept } }).mediaType(formats.map((format) => MEDIA_TYPES[format]))
  const format = formats.find((each) => MEDIA_TYPES[each] === preferred)
  if (format !== undefined) return format
  throw new Problem(406, 'NOT_ACCEPTABLE', `The formats of an export are ${formats.join(', ')}: use format=.`)
}
