import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, type ContextManager, context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { afterEach, describe, expect, it } from 'vitest'
import { authAudits, continueAttempt, currentAttempt, inMemoryEmitter, noContext, withAttempt } from '../index.js'

const SPAN = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }

/** What an OpenTelemetry SDK installs. */
class Manager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>()
  active = () => this.#storage.getStore() ?? ROOT_CONTEXT
  with: ContextManager['with'] = (active, work, self, ...rest) =>
    this.#storage.run(active, () => work.call(self as ThisParameterType<typeof work>, ...rest))
  bind = <T>(_: Context, target: T) => target
  enable = () => this
  disable = () => this
}

afterEach(() => context.disable())

describe('within an attempt', () => {
  it('all stages share its trace and, once it is known, its session', async () => {
    const emitter = inMemoryEmitter()
    const attempt = async (trace_id: string) =>
      withAttempt({ trace_id }, async () => {
        emitter.emit({ stage: 'Identify' })
        await new Promise((resolve) => setTimeout(resolve, 5))
        continueAttempt({ session: `s-${trace_id}` })
        emitter.emit({ stage: 'Login' })
        emitter.emit({ stage: 'Token', trace_id: 'own' })
      })
    await Promise.all([attempt('one'), attempt('two')])
    for (const trace of ['one', 'two']) {
      const fields = emitter.records.map((record) => record.fields).filter((each) => each.trace_id === trace)
      expect(fields).toEqual([
        { stage: 'Identify', trace_id: trace },
        { stage: 'Login', trace_id: trace, session: `s-${trace}` },
      ])
    }
    expect(emitter.records.filter(({ fields }) => fields.trace_id === 'own')).toHaveLength(2)
    expect(currentAttempt()).toEqual({})
  })

  it('an attempt within another begins with its fields', () => {
    withAttempt({ trace_id: 't' }, () =>
      withAttempt({ session: 's' }, () => expect(currentAttempt()).toEqual({ trace_id: 't', session: 's' })),
    )
  })

  it.each([
    ['too long', 'x'.repeat(9_000)],
    ['no text', 7],
    ['not well-formed', '\ud800'],
  ])('a value that is %s is left out, and the record is emitted', (_, trace_id) => {
    const emitter = inMemoryEmitter()
    withAttempt({ trace_id: trace_id as string }, () => emitter.emit({ user_id: 'u' }))
    expect(emitter.records[0]?.fields).toEqual({ user_id: 'u' })
  })
})

describe('within an OpenTelemetry span', () => {
  it('a record has its trace, unless an attempt or the record says otherwise', () => {
    context.setGlobalContextManager(new Manager())
    const emitter = inMemoryEmitter()
    context.with(trace.setSpanContext(ROOT_CONTEXT, SPAN), () => {
      emitter.emit({ stage: 'Login' })
      emitter.emit({ stage: 'Login', trace_id: 'own' })
      withAttempt({ trace_id: 'attempt' }, () => emitter.emit({ stage: 'Login' }))
      inMemoryEmitter(authAudits, { context: noContext }).emit({ stage: 'Login' })
    })
    expect(emitter.records.map(({ fields }) => fields.trace_id)).toEqual([SPAN.traceId, 'own', 'attempt'])
  })

  it('without a trace adds nothing', () => {
    context.setGlobalContextManager(new Manager())
    const emitter = inMemoryEmitter()
    const none = { ...SPAN, traceId: '0'.repeat(32) }
    context.with(trace.setSpanContext(ROOT_CONTEXT, none), () => emitter.emit({ stage: 'Login' }))
    emitter.emit({ stage: 'Login' })
    expect(emitter.records.map(({ fields }) => fields.trace_id)).toEqual([undefined, undefined])
  })
})

it('a context that throws does not keep a record from being emitted', () => {
  const failing = () => {
    throw new Error('no')
  }
  const emitter = inMemoryEmitter(authAudits, { context: failing })
  expect(emitter.emit({ user_id: 'u' })).toMatchObject({ accepted: true })
})
