import type { KafkaMessage } from 'kafkajs'
import { KEY_HEADER } from '../../../schemas/streams/index.js'

/** A dead letter without its value, which stays in the topic until it is needed. */
export interface Letter {
  /** Identifies the letter: `topic-partition-offset` of the record. */
  readonly key: string
  readonly reason: string
  readonly detail: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  /** The last offset of a whole record batch that could not be read; such a letter can't be replayed. */
  readonly lastOffset?: string
  /** Kafka's timestamp of the record. */
  readonly time: Date
  /** Length of the record's value in bytes; undefined for a record without a value. */
  readonly bytes: number | undefined
  /** The SHA-256 of the record's value where the letter holds only its first bytes; such a letter can't be replayed. */
  readonly sha256?: string
  /** How the letter was closed; absent while it is open. */
  readonly resolution?: Resolution
  /** The source whose event it is, if the collector set it aside. */
  readonly source?: string
}

export type Resolution = 'replayed' | 'discarded'

/** The header of the message that closes a letter. The message has the letter's key and no value. */
export const RESOLUTION_HEADER = 'gatelog-resolution'

/** Reads a message of a dead-letter topic: a letter or a resolution. Returns undefined for anything else. */
export function letterOf({
  key,
  value,
  headers = {},
}: KafkaMessage): Letter | Pick<Letter, 'key' | 'resolution'> | undefined {
  const header = (name: string) => headers[name]?.toString() ?? ''
  const name = key?.toString()
  if (name === undefined) return undefined
  const resolution = header(RESOLUTION_HEADER)
  if (resolution === 'replayed' || resolution === 'discarded') return { key: name, resolution }
  const reason = header('gatelog-reason')
  if (reason === '') return undefined
  const sha256 = header('gatelog-value-sha256')
  const lastOffset = header('gatelog-last-offset')
  const source = header('gatelog-source')
  return {
    key: name,
    reason,
    detail: header('gatelog-detail'),
    topic: header('gatelog-topic'),
    partition: Number(header('gatelog-partition')),
    offset: header('gatelog-offset'),
    time: new Date(Number(header('gatelog-timestamp'))),
    bytes: sha256 === '' ? value?.length : Number(header('gatelog-value-bytes')),
    ...(sha256 === '' ? {} : { sha256 }),
    ...(lastOffset === '' ? {} : { lastOffset }),
    ...(source === '' ? {} : { source }),
  }
}

/** The key of a letter's record; null if the record had none. */
export function recordKeyOf({ headers = {} }: KafkaMessage): Buffer | null {
  const key = headers[KEY_HEADER]
  return Buffer.isBuffer(key) ? key : null
}

/**
 * Whether a letter's value is a record that can be sent again: neither a part of one, nor a record batch, nor an event
 * that the collector set aside, which never was in the topic.
 */
export function isReplayable({ sha256, lastOffset, offset }: Letter): boolean {
  return sha256 === undefined && lastOffset === undefined && offset !== ''
}

/** The letters of a topic, one for each key even if a crash made ingest write it twice, with their resolutions. */
export class Letters {
  readonly #byKey = new Map<string, Letter>()

  add(message: KafkaMessage): void {
    const said = letterOf(message)
    if (said === undefined) return
    const known = this.#byKey.get(said.key)
    if ('reason' in said) this.#byKey.set(said.key, { ...said, ...resolved(known?.resolution) })
    else if (known !== undefined) this.#byKey.set(said.key, { ...known, ...resolved(said.resolution) })
  }

  /** The open letters; with `resolved`, all letters. */
  list({
    resolved: all = false,
    reason,
  }: {
    readonly resolved?: boolean
    readonly reason?: string | undefined
  } = {}): Letter[] {
    return [...this.#byKey.values()].filter(
      (letter) => (all || letter.resolution === undefined) && (reason === undefined || letter.reason === reason),
    )
  }

  get(key: string): Letter | undefined {
    return this.#byKey.get(key)
  }
}

function resolved(resolution: Resolution | undefined): { resolution?: Resolution } {
  return resolution === undefined ? {} : { resolution }
}
