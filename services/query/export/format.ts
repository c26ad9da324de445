import { type ExportFormat, exportFormats, MEDIA_TYPES } from '../../../schemas/derive/export_formats.js'
import type { Stream } from '../../../schemas/streams/index.js'
import { Problem } from '../../runtime/problem.js'
import { type GivenParameters, ParameterError } from '../parameters/given_parameters.js'

/** The format that a request names: by `format`, else by `Accept`, else JSON lines. @throws {Problem} 406 `NOT_ACCEPTABLE` */
export function formatFrom(given: GivenParameters, stream: Stream, accept: string | undefined): ExportFormat {
  const formats = exportFormats(stream)
  const named = given.readOne('format', (text) => {
    const format = formats.find((each) => each === text.toLowerCase())
    if (format === undefined) throw new ParameterError(`must be one of ${formats.join(', ')}.`)
    return format
  })
  return named ?? accepted(formats, accept)
}

/** The format whose media type has the greatest quality in `Accept` (RFC 9110, 12.5.1); among equals, the first that there is. */
function accepted(formats: readonly ExportFormat[], accept = '*/*'): ExportFormat {
  const ranges = accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
    return { type, quality: Number(quality) }
  })
  const qualityOf = (format: ExportFormat) => {
    const type = MEDIA_TYPES[format].split(';')[0] as string
    const ladder = [type, `${type.split('/')[0]}/*`, '*/*']
    return ladder.map((step) => ranges.find((range) => range.type === step)?.quality).find((q) => q !== undefined) ?? 0
  }
  const best = formats.toSorted((a, b) => qualityOf(b) - qualityOf(a))[0]
  if (best !== undefined && qualityOf(best) > 0) return best
  throw new Problem(406, 'NOT_ACCEPTABLE', `An export can be had as ${formats.join(', ')}: name one in format=.`)
}
