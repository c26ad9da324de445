import { avroSchema } from '../../../schemas/derive/avro.js'
import { authAudits, type Stream } from '../../../schemas/streams/index.js'
import { type RegistryAccess, type RegistryAnswer, registryClient } from './client.js'
import { RegistryError } from './registry_error.js'

/** What stands before a record's datum and names its schema. */
export interface Framing {
  /** The stream whose schema it names. */
  readonly stream: string
  readonly header: Buffer
}

export interface FramingOptions<S extends Stream = typeof authAudits> extends RegistryAccess {
  /** The stream; sign-ins by default. */
  readonly stream?: S
  /** The prefix of the topic's name, as the emitter's. */
  readonly topicPrefix?: string
  /** The subject of the schema; that of the topic's values by default, `<topic>-value`. */
  readonly subject?: string
  /** Whether a schema that the subject lacks is registered (default true). Otherwise it must be there. */
  readonly register?: boolean
}

/** The registry's own codes: it has no such subject, or the subject has no such schema. */
const NOT_FOUND: ReadonlySet<unknown> = new Set([40401, 40403])

/**
 * Finds the stream's schema in a Confluent schema registry, or registers it, and returns the framing that names it:
 * Kafka Connect, Flink and the Avro consumers of many languages read such records.
 *
 * @throws {RegistryError} with a sentence that says why there is none
 */
export async function confluentFraming<S extends Stream = typeof authAudits>(
  options: FramingOptions<S>,
): Promise<Framing> {
  const { stream = authAudits, topicPrefix = '', register = true } = options
  const { subject = `${topicPrefix}${stream.name}-value` } = options
  const ask = registryClient(options)
  const path = `/subjects/${encodeURIComponent(subject)}`
  const schema = { schema: JSON.stringify(avroSchema(stream)), schemaType: 'AVRO' }

  let answer = await ask(path, schema)
  if (answer.status === 404 && NOT_FOUND.has(answer.body.error_code)) {
    if (!register) {
      throw new RegistryError(
        'REGISTRY_SCHEMA_MISSING',
        `The schema registry has no such schema in ${subject}. Register schemas/avro of ${stream.name}, or let the emitter do it.`,
      )
    }
    answer = await ask(`${path}/versions`, schema)
  }
  return { stream: stream.name, header: confluentHeader(idIn(answer, subject)) }
}

function idIn({ status, body }: RegistryAnswer, subject: string): number {
  const { id } = body
  if (status === 200 && Number.isInteger(id) && (id as number) >= 0 && (id as number) <= 0xffffffff) return id as number
  if (status === 409 || status === 422) {
    throw new RegistryError(
      'REGISTRY_SCHEMA_REFUSED',
      `The schema registry refuses the schema in ${subject} (${status}): it has another one that this one is not compatible with. Use another subject, or change the subject's compatibility.`,
    )
  }
  throw new RegistryError('REGISTRY_UNEXPECTED', `The schema registry's response makes no sense (${status}).`)
}

/** Confluent's wire format: a zero, then the schema's id, big-endian. */
function confluentHeader(id: number): Buffer {
  const header = Buffer.alloc(5)
  header.writeUInt32BE(id, 1)
  return header
}
