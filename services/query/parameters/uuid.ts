import { isUuid } from '../../../schemas/streams/uuid.js'
import { ParameterError } from './given_parameters.js'

/** A UUID as RFC 9562 writes it, in lower case. @throws {ParameterError} when the text is none */
export function uuid(text: string): string {
  if (!isUuid(text)) throw new ParameterError('must be a UUID, such as 019b76da-a800-7000-8000-0123456789ab.')
  return text.toLowerCase()
}
