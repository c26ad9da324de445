import type { Stream } from '../streams/index.js'

/** Makes something for a stream when it is first asked for, and keeps it: a declaration does not change. */
export function perStream<T>(make: (stream: Stream) => T): (stream: Stream) => T {
  const made = new WeakMap<Stream, { readonly value: T }>()
  return (stream) => {
    const known = made.get(stream) ?? { value: make(stream) }
    made.set(stream, known)
    return known.value
  }
}
