import { isUuid } from '../../../schemas/streams/uuid.js'
import { ParameterError } from './given_parameters.js'

/** The UUID in lower case. @throws {ParameterError} if the text is no UUID */
export function uuid(text: string): string {
  if (!isUuid(text)) throw new ParameterError('must be a UUID, such as 019b76da-a800-7000-8000-0123456789ab.')
  return text.toLowerCase()
}
