import avro from 'avsc'
import { uuidv7obj } from 'uuidv7'
import { avroSchema } from '../../../schemas/derive/avro.js'
import { fingerprint } from '../../../schemas/derive/fingerprint.js'
import { authAudits } from '../../../schemas/streams/index.js'

/*
 * Records are encoded before the measurement: only their id, time and trace are written for each. So the generator
 * takes little of the machine that it shares with what is measured.
 */

const TEMPLATES = 8_000
/** In each template, a sign-in's number as so many hexadecimal digits. */
const DIGITS = 12
const PLACEHOLDER = 'f'.repeat(DIGITS)

const schema = avroSchema(authAudits)
const type = avro.Type.forSchema(schema as avro.Schema)
const HEADER = Buffer.concat([Buffer.from([0xc3, 0x01]), fingerprint(schema)])

/** Makes records on the wire (Avro single-object encoding), of the same shape as those that a table is filled with. */
export function recordMaker(people: number): (index: number, timeMs: number) => Buffer {
  const templates = Array.from({ length: TEMPLATES }, (_, index) => template(index, people))
  return (index, timeMs) => {
    const { bytes, places } = templates[index % TEMPLATES] as Template
    const record = Buffer.from(bytes)
    record.set(uuidv7obj().bytes, HEADER.length)
    writeTime(record, HEADER.length + 16, timeMs)
    const digits = (index >> 2).toString(16).padStart(DIGITS, '0')
    for (const place of places) record.write(digits, place, 'latin1')
    return record
  }
}

/** A record of the moment, by which its reader knows when it was made. */
export function marker(userId: string): Buffer {
  const record = { event_id: Buffer.from(uuidv7obj().bytes), time: Date.now() * 1_000, user_id: userId, stage: 'Login' }
  return Buffer.concat([HEADER, type.toBuffer(record)])
}

interface Template {
  readonly bytes: Buffer
  /** Where the sign-in's number goes. */
  readonly places: readonly number[]
}

function template(index: number, people: number): Template {
  const person = ((index >> 2) * 7919) % people
  const organization = person % 3 === 0 ? 0 : person % 200
  const stage = index % 4
  const isFailed = (index >> 2) % 20 === 0
  const body = type.toBuffer({
    event_id: Buffer.alloc(16),
    time: Date.now() * 1_000,
    user_id: `u-${person}-4f7b9c2e`,
    upstream_user_id: `person.${person}@organization-${organization}.example`,
    org_id: `org-${organization}`,
    org_name: `Organization ${organization}`,
    event: isFailed ? 'Failure' : 'Success',
    source_ip: `203.0.${organization}.${index % 250}`,
    token_id: stage === 3 ? `tok-${PLACEHOLDER}` : null,
    trace_id: `${PLACEHOLDER}-6b1f-4c55-9d10`,
    session: `ses-${PLACEHOLDER}`,
    issuer: `https://auth-${organization}.example`,
    client_id: `client-${organization % 40}`,
    application_name: `application-${organization % 40}`,
    login_org_id: `org-${organization}`,
    login_org_name: `Organization ${organization}`,
    upstream_idp: ['google', 'microsoft', 'okta', 'local'][person % 4],
    stage: ['Identify', 'Password', 'SecondFactor', 'Token'][stage],
    user_agent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${100 + (person % 300)}.0 Safari/537.36`,
    event_name: ['Authentication Request', 'Policy Evaluation', 'MFA Challenge', 'Token'][stage],
    result: isFailed ? 'Failure' : stage === 2 ? 'DoMfa' : 'Success',
    request_id: `req-${PLACEHOLDER}`,
  })
  const bytes = Buffer.concat([HEADER, body])
  const places: number[] = []
  for (let at = bytes.indexOf(PLACEHOLDER); at !== -1; at = bytes.indexOf(PLACEHOLDER, at + DIGITS)) places.push(at)
  return { bytes, places }
}

/** An Avro long of microseconds, which has eight bytes for every time from 1978 to 2255. */
function writeTime(record: Buffer, at: number, timeMs: number): void {
  let rest = BigInt(Math.floor(timeMs * 1_000)) << 1n
  for (let index = 0; index < 8; index++) {
    record[at + index] = Number(rest & 0x7fn) | (index < 7 ? 0x80 : 0)
    rest >>= 7n
  }
}
