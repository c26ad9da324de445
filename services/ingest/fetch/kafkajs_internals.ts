import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import type { ResponseBuffers } from '../memory/response_buffers.js'
import { decodeFetchResponse } from './fetch_response.js'

/**
 * kafkajs has no setting for how it reads fetch responses, so we replace two of its internal functions. This is the
 * only file that knows them (docs/decisions/0006).
 */

/** Loads a module of kafkajs by its path. */
export type Load = (path: string) => unknown

/** The part of kafkajs's connection that puts responses together from what its socket delivers. */
interface ConnectionClass {
  readonly prototype: { chunks: Buffer[]; processData(bytes: Buffer): void }
}

/** kafkajs's module that decodes fetch responses of version 11. kafkajs reads its properties for each response. */
interface FetchResponseModule {
  decode(bytes: Buffer): Promise<unknown>
}

interface Internals {
  readonly connection: ConnectionClass
  readonly fetchResponse: FetchResponseModule
}

const CONNECTION = 'kafkajs/src/network/connection'
const FETCH_RESPONSE = 'kafkajs/src/protocol/requests/fetch/v11/response'

/** SHA-256 of the source of each function that we replace, from kafkajs 2.2.4. */
const PROCESS_DATA_SHA256 = '8cc3f4c52154f4ca60972e03ce558a9bc7c4269ddc09c3fb99f2690ce57273c9'
const DECODE_SHA256 = '159b1098f90cb2154cb9e2578394c50979d1c1081be9323a042a38477336658a'

let replaced: Internals | undefined

/**
 * Makes every consumer of this process read whole record batches in place of messages. kafkajs creates several objects
 * for each record, which took more time than everything else on this service's main thread. Call it before the first
 * fetch.
 *
 * @param responses the memory that the connections put responses into
 * @throws {Error} when the installed kafkajs differs from the one that this was written for
 */
export function readWholeBatches(responses: ResponseBuffers): void {
  replaced ??= takeWholeResponses(expectedInternals(createRequire(import.meta.url)))
  replaced.fetchResponse.decode = async (bytes) => decodeFetchResponse(bytes, responses)
}

/**
 * Our sockets deliver complete responses. kafkajs joins each with the rest of the one before, which is empty: that
 * copies every byte. So we drop empty rests first.
 */
function takeWholeResponses(internals: Internals): Internals {
  const { prototype } = internals.connection
  const { processData } = prototype
  prototype.processData = function (bytes) {
    this.chunks = this.chunks.filter(({ length }) => length > 0)
    processData.call(this, bytes)
  }
  return internals
}

/**
 * The modules of kafkajs that have the functions to replace.
 *
 * @throws {Error} when one is missing, or when its source differs from the expected one
 */
export function expectedInternals(load: Load): Internals {
  const connection = load(CONNECTION) as Partial<ConnectionClass> | undefined
  const fetchResponse = load(FETCH_RESPONSE) as Partial<FetchResponseModule> | undefined
  expectSource(`Connection.processData of ${CONNECTION}`, connection?.prototype?.processData, PROCESS_DATA_SHA256)
  expectSource(`decode of ${FETCH_RESPONSE}`, fetchResponse?.decode, DECODE_SHA256)
  return { connection, fetchResponse } as Internals
}

function expectSource(name: string, found: unknown, sha256: string): void {
  if (createHash('sha256').update(String(found)).digest('hex') === sha256) return
  throw new Error(`${name} differs from kafkajs 2.2.4: compare services/ingest/fetch/kafkajs_internals.ts with it.`)
}
