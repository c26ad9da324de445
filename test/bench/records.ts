import avro from 'avsc'
import { CompressionTypes, type Kafka } from 'kafkajs'
import { uuidv7obj } from 'uuidv7'
import { avroSchema } from '../../schemas/derive/avro.js'
import { authAudits } from '../../schemas/streams/index.js'

const type = avro.Type.forSchema(avroSchema(authAudits) as avro.Schema)

/** A sign-in record of some 450 bytes, as Avro: 20,000 people, 200 organizations, hundreds of user agents. */
export function datum(index: number, timeMs: number): Buffer {
  const person = (index * 7919) % 20_000
  const organization = person % 200
  const trace = `${(index >> 2).toString(16).padStart(8, '0')}-6b1f-4c55-9d10-${(index * 2654435761).toString(16).slice(-12).padStart(12, '0')}`
  return type.toBuffer({
    event_id: Buffer.from(uuidv7obj().bytes),
    time: Math.floor(timeMs * 1000),
    user_id: `u-${person}-4f7b9c2e`,
    upstream_user_id: `person.${person}@organization-${organization}.example`,
    org_id: `org-${organization}-a81bc81b`,
    org_name: `Organization ${organization} Limited`,
    event: index % 9 === 0 ? 'Failure' : 'Success',
    source_ip: `203.0.${organization}.${index % 250}`,
    token_id: index % 4 === 3 ? `tok-${trace}` : null,
    trace_id: trace,
    session: `ses-${trace.slice(0, 18)}`,
    issuer: 'https://auth.example.com',
    client_id: `client-${organization % 40}`,
    application_name: `application-${organization % 40}`,
    login_org_id: `org-${organization}-a81bc81b`,
    login_org_name: `Organization ${organization} Limited`,
    upstream_idp: ['google', 'microsoft', 'okta', 'local'][person % 4],
    stage: ['Identify', 'Password', 'SecondFactor', 'Token'][index % 4],
    user_agent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${100 + (person % 300)}.0 Safari/537.36`,
  })
}

/** A datum in the Confluent framing, which ClickHouse's Kafka engine reads too. */
export function confluent(schemaId: number, body: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.writeUInt32BE(schemaId, 1)
  return Buffer.concat([header, body])
}

export interface Filled {
  readonly records: number
  /** Mean size of a record's value, in bytes. */
  readonly meanBytes: number
}

/** Fills a topic. */
export async function fillTopic(
  kafka: Kafka,
  topic: string,
  schemaId: number,
  options: {
    readonly records: number
    readonly partitions: number
    /** Changes each value before it is sent. */
    readonly change?: (value: Buffer) => Buffer
  },
): Promise<Filled> {
  const { records, partitions, change = (value) => value } = options
  const producer = kafka.producer()
  await producer.connect()
  const now = Date.now()
  let bytes = 0
  const PER_SEND = 1_500
  // The backlog arrived at 10,000 records per second.
  const PER_MS = 10
  for (let done = 0; done < records; done += PER_SEND) {
    const messages = Array.from({ length: Math.min(PER_SEND, records - done) }, (_, index) => {
      const value = change(confluent(schemaId, datum(done + index, now - (records - done - index) / PER_MS)))
      bytes += value.length
      return { value, partition: Math.floor(done / PER_SEND) % partitions }
    })
    await producer.send({ topic, messages, compression: CompressionTypes.None })
  }
  await producer.disconnect()
  return { records, meanBytes: bytes / records }
}
