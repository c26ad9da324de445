import type { KafkaMessage } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { isReplayable, Letters } from './letter.js'
import { letterLine, letterPage } from './print.js'

function message(key: string | null, headers: Record<string, string>, value: Buffer | null = null): KafkaMessage {
  return { key: key === null ? null : Buffer.from(key), value, headers, timestamp: '0', offset: '0', attributes: 0 }
}

function letter(offset: number, reason = 'truncated', value: Buffer | null = Buffer.from('\x02ab')): KafkaMessage {
  return message(
    `t-0-${offset}`,
    {
      'gatelog-reason': reason,
      'gatelog-detail': 'why',
      'gatelog-topic': 't',
      'gatelog-partition': '0',
      'gatelog-offset': String(offset),
      'gatelog-timestamp': '1700000000000',
    },
    value,
  )
}

const resolution = (offset: number, done: string) => message(`t-0-${offset}`, { 'gatelog-resolution': done })

function letters(...messages: KafkaMessage[]): Letters {
  const all = new Letters()
  for (const each of messages) all.add(each)
  return all
}

describe('the letters of a topic', () => {
  it('are one for each key, however often they were written', () => {
    expect(letters(letter(1), letter(1), letter(2)).list()).toHaveLength(2)
  })

  it('are closed by a resolution, even if a crash writes them again later', () => {
    const all = letters(letter(1), letter(2), resolution(1, 'replayed'), letter(1))
    expect(all.list().map(({ key }) => key)).toEqual(['t-0-2'])
    expect(all.list({ resolved: true }).map((each) => each.resolution)).toEqual(['replayed', undefined])
  })

  it('are filtered by their reason', () => {
    expect(letters(letter(1), letter(2, 'no_value', null)).list({ reason: 'no_value' })).toHaveLength(1)
  })

  it('do not include other messages of the topic', () => {
    const others = [message(null, {}), message('x', {}), resolution(9, 'discarded'), resolution(9, 'lost')]
    expect(letters(...others).list({ resolved: true })).toEqual([])
  })
})

describe('a letter of a whole record batch', () => {
  const headers = { ...letter(4, 'batch_checksum').headers, 'gatelog-last-offset': '9' } as Record<string, string>
  const [batch] = letters(message('t-0-4', headers, Buffer.from('batch'))).list()
  if (batch === undefined) throw new Error('expected a letter')

  it('is not replayed: its value is no record', () => {
    expect(isReplayable(batch)).toBe(false)
    expect(letters(letter(1)).list().map(isReplayable)).toEqual([true])
  })

  it('names its offsets', () => {
    expect(letterPage(batch, Buffer.from('batch'))).toContain('topic t, partition 0, offsets 4 to 9')
  })
})

it('an event that the collector set aside is not replayed: it never was in the topic', () => {
  const {
    'gatelog-partition': _,
    'gatelog-offset': __,
    ...headers
  } = letter(5, 'source_event_invalid').headers as Record<string, string>
  const [event] = letters(message('source-okta-5', { ...headers, 'gatelog-source': 'okta' }, Buffer.from('{}'))).list()
  expect(event?.reason).toBe('source_event_invalid')
  expect(event && isReplayable(event)).toBe(false)
  expect(event && letterPage(event, Buffer.from('{}'))).toContain('the webhooks of the source okta')
})

describe('a printed letter', () => {
  const [first] = letters(letter(1)).list()
  const [empty] = letters(letter(2, 'no_value', null)).list()
  if (first === undefined || empty === undefined) throw new Error('expected two letters')

  it('is a line', () => {
    expect(letterLine(first)).toBe('2023-11-14T22:13:20.000Z  t-0-1  truncated  3 bytes')
    expect(letterLine({ ...empty, resolution: 'discarded' })).toMatch(/no_value {2}no value {2}discarded$/)
  })

  it('is a page with its bytes', () => {
    const page = letterPage(first, Buffer.from('\x02ab'))
    expect(page).toContain('reason     truncated: why')
    expect(page).toContain('topic t, partition 0, offset 1')
    expect(page).toContain('000000  02 61 62')
    expect(page.trimEnd()).toMatch(/\.ab$/)
    expect(letterPage(empty, null)).toContain('value      none')
  })
})
