import { describe, expect, it } from 'vitest'
import { inMemoryEmitter } from '../in_memory.js'
import { authAudits, createEmitter } from '../index.js'
import type { RedactionOptions } from './record.js'
import { looksLikePassword } from './user_name.js'

/** The fields that an emitter with these options stores. */
function stored(record: object, redaction: RedactionOptions = {}) {
  const emitter = inMemoryEmitter(authAudits, { redaction })
  emitter.emit(record)
  return emitter.records[0]?.fields
}

describe('a hook', () => {
  it('gets each text after the rules, with the name of its field, and returns what is stored', () => {
    const seen: unknown[] = []
    const hook = (text: string, field: string) => {
      seen.push([field, text])
      return text.replace(/patient-\d+/g, '[patient]')
    }
    const kept = stored({ user_id: 'u', event: 'saw patient-77 token=abc' }, { hooks: [hook] })
    expect(kept).toEqual({ user_id: 'u', event: 'saw [patient] token=[redacted]' })
    expect(seen).toEqual([
      ['user_id', 'u'],
      ['event', 'saw patient-77 token=[redacted]'],
    ])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('hunter2')
      },
    ],
    ['returns no text', () => 7 as never],
    ['returns text that is not well-formed', () => '\ud800'],
  ])('that %s hides the text', (_, hook) => {
    expect(stored({ event: 'hunter2' }, { hooks: [hook] })).toEqual({ event: '[redacted]' })
  })

  it('has no way to make emit throw', () => {
    const redaction = {
      isPassword: () => {
        throw new Error('no')
      },
    }
    expect(stored({ upstream_user_id: 'ada' }, redaction)).toEqual({ upstream_user_id: '[redacted]' })
    expect(() => createEmitter({ createProducer: () => undefined as never, redaction }).emit({})).not.toThrow()
  })
})

describe('a password that was typed as the user name', () => {
  it('is replaced where nobody has that name', () => {
    expect(stored({ upstream_user_id: 'Summer2026!' })).toEqual({ upstream_user_id: '[redacted]' })
    expect(stored({ upstream_user_id: 'Summer2026!', user_id: '7' })).toMatchObject({ upstream_user_id: 'Summer2026!' })
  })

  it('is what the hook says', () => {
    const isPassword = (name: string) => name === 'hunter2'
    expect(stored({ upstream_user_id: 'hunter2' }, { isPassword })).toEqual({ upstream_user_id: '[redacted]' })
    expect(stored({ upstream_user_id: 'Summer2026!' }, { isPassword })).toEqual({ upstream_user_id: 'Summer2026!' })
  })

  // The rates in docs/redaction.md. Passwords as policies demand them, as managers make them, and as people like them.
  const PASSWORDS = [
    ...['Summer2026!', 'P@ssw0rd!', 'Welcome1!', 'Winter#2025', 'Qwerty123!', 'Tr0ub4dor&3', 'MyD0g$Rex', 'Passw0rd?'],
    ...['xK9#mQ2$vL7!', 'aB3$dE6^gH9*', 'n7!Rw2@pZk', 'Fj4%kd!Lq9', 'V#8tKpw2', 'Z*x7bQm9', 'hT5!pL0^', '9Lm~wQ3x'],
    ...[
      'hunter2',
      'password1',
      'letmein',
      'iloveyou',
      '12345678',
      'correct horse battery staple',
      'dragon',
      'monkey12',
    ],
    ...['Xk29dLmQpR', 'q7RtY2mNbV4cXz', 'Sommer2026', 'Liverpool1', 'trustno1', 'abc123', 'Pa55word', 'football99'],
  ]
  const NAMES = [
    ...[
      'ada',
      'ada.lovelace',
      'Ada Lovelace',
      'ada@example.com',
      'Ada+News7@Example.com',
      'CORP\\Ada7',
      'auth0|5f7C8e',
    ],
    ...[
      'ada_example.com#EXT#@Corp7.onmicrosoft.com',
      'CN=Ada7,OU=People',
      'ADA$',
      'WS-0042$',
      'svc-Backup01',
      '山田太郎',
    ],
    ...[
      'AdaLovelace1815',
      'o’Neil',
      "D'Arcy",
      'ada!',
      'user#7',
      '00u1aBcDeFgHiJkLm0h7',
      '+442079460000',
      'urn:User:Ada7',
    ],
    ...[
      'host/Ada7.example.com@EXAMPLE.COM',
      'Ada7%realm',
      'A1',
      'First.Last2@sub.example.co.uk',
      'x!Y2',
      'google-oauth2|1',
    ],
  ]
  const noticed = (texts: readonly string[]) => texts.filter((text) => looksLikePassword(text))

  it('is noticed for half of a test set', () => {
    expect(noticed(PASSWORDS)).toEqual(PASSWORDS.slice(0, 16).filter((text) => text !== 'Tr0ub4dor&3'))
  })

  it('is not seen in a name, but for one that has a sign of passwords', () => {
    expect(noticed(NAMES)).toEqual(['Ada7%realm'])
  })
})
