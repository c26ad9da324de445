import type { Stream } from '../../../../schemas/streams/index.js'
import { Problem } from '../../../runtime/problem.js'
import { type ReadRecord, unreadable } from '../read_record.js'
import type { UnpackedBudget } from '../unpacked_budget.js'
import { isContainer, readContainer } from './container.js'
import { isSingleObject, type ReadSingleObject, singleObjectReader } from './single_object.js'

/** Reads the records of a body in Avro. @throws {Problem} 400 or 413 */
export type ReadAvro = (body: Buffer, budget: UnpackedBudget) => Promise<readonly ReadRecord[]>

/** Reads an object container file, or one record in the single-object encoding: their first bytes differ. */
export function avroReader(stream: Stream): ReadAvro {
  const readSingleObject: ReadSingleObject = singleObjectReader(stream)
  return async (body, budget) => {
    try {
      if (isContainer(body)) return await readContainer(body, stream, budget)
      if (isSingleObject(body)) return [readSingleObject(body)]
    } catch (error) {
      if (error instanceof Problem) throw error
      throw unreadable('its Avro encoding is damaged or cut off')
    }
    throw unreadable('it must be an Avro object container file (Obj 01) or a single-object encoding (C3 01)')
  }
}
