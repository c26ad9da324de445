import type { KafkaMessage } from 'kafkajs'

/** A record that could not be stored, as ingest has kept it; its value stays in the topic until it is asked for. */
export interface Letter {
  /** `topic-partition-offset` of the record: what names the letter. */
  readonly key: string
  readonly reason: string
  readonly detail: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  /** When Kafka took the record. */
  readonly time: Date
  /** Bytes of the record; undefined for one without a value. */
  readonly bytes: number | undefined
  /** What somebody has done about it. */
  readonly resolution?: Resolution
}

export type Resolution = 'replayed' | 'discarded'

/** The header of the message that ends a letter; it bears the letter's key, and no value. */
export const RESOLUTION_HEADER = 'gatelog-resolution'

/** What a message of a dead-letter topic says: a letter, or what was done about one. Undefined when it is neither. */
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
  return {
    key: name,
    reason,
    detail: header('gatelog-detail'),
    topic: header('gatelog-topic'),
    partition: Number(header('gatelog-partition')),
    offset: header('gatelog-offset'),
    time: new Date(Number(header('gatelog-timestamp'))),
    bytes: value?.length,
  }
}

/** The letters of a topic: one of each key, however often a crash made ingest write it, with what was done about it. */
export class Letters {
  readonly #byKey = new Map<string, Letter>()

  add(message: KafkaMessage): void {
    const said = letterOf(message)
    if (said === undefined) return
    const known = this.#byKey.get(said.key)
    if ('reason' in said) this.#byKey.set(said.key, { ...said, ...resolved(known?.resolution) })
    else if (known !== undefined) this.#byKey.set(said.key, { ...known, ...resolved(said.resolution) })
  }

  /** Those about which nothing was done yet; all of them where `resolved` asks for it. */
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
