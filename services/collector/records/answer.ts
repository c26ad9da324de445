import type { FastifyReply } from 'fastify'
import type { Fault } from '../../emitter/index.js'
import { Problem } from '../../runtime/problem.js'
import type { Result } from './publish.js'

/** What a caller learns of one record. The order is that of the records in the body. */
type Answered =
  | { readonly status: 'accepted'; readonly event_id: string }
  | { readonly status: 'refused'; readonly faults: readonly Fault[] }

/** How many faults of one record, and of a request beyond the first of each record, are named. */
const MAX_FAULTS_OF_RECORD = 10
const MAX_FURTHER_FAULTS = 1_000

export interface Counts {
  readonly accepted: number
  readonly refused: number
}

export function countResults(results: readonly Result[]): Counts {
  const accepted = results.filter((result) => 'eventId' in result).length
  return { accepted, refused: results.length - accepted }
}

/**
 * Sends the results: 200 if every record was accepted, 207 if some were, and a problem with 422 if none was. A caller
 * that looks only at the status so never takes a refused record for a stored one.
 */
export function answer(reply: FastifyReply, results: readonly Result[]): FastifyReply {
  const counts = countResults(results)
  const body = { ...counts, results: answered(results) }
  if (counts.refused === 0) return reply.code(200).send(body)
  if (counts.accepted > 0) return reply.code(207).send(body)
  const problem = new Problem(422, 'RECORDS_REFUSED', 'No record was stored; results has the faults of each.')
  return problem.send(reply, body)
}

function answered(results: readonly Result[]): readonly Answered[] {
  let further = MAX_FURTHER_FAULTS
  return results.map((result): Answered => {
    if ('eventId' in result) return { status: 'accepted', event_id: result.eventId }
    const faults = result.faults.slice(0, Math.min(MAX_FAULTS_OF_RECORD, 1 + further))
    further -= faults.length - 1
    return { status: 'refused', faults }
  })
}
