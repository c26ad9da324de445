/** A random generator (sfc32, seeded by splitmix32). Equal seeds give equal numbers. */
export interface Random {
  /** In `[0, 1)`. */
  fraction(): number
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number
  pick<T>(items: readonly T[]): T
  shuffled<T>(items: readonly T[]): T[]
}

export function seeded(seed: number): Random {
  let [a, b, c, d] = [mix(seed, 1), mix(seed, 2), mix(seed, 3), 1]
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 12; i++) next()

  const between = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  return {
    fraction: next,
    between,
    pick: (items) => items[between(0, items.length - 1)] as (typeof items)[number],
    shuffled(items) {
      const deck = [...items]
      for (let i = deck.length - 1; i > 0; i--) {
        const j = between(0, i)
        const held = deck[i] as (typeof deck)[number]
        deck[i] = deck[j] as (typeof deck)[number]
        deck[j] = held
      }
      return deck
    },
  }
}

/** Returns all of `items` in random order before it returns any of them again. */
export function dealer<T>(items: readonly T[], random: Random): () => T {
  let deck: T[] = []
  return () => {
    if (deck.length === 0) deck = random.shuffled(items)
    return deck.pop() as T
  }
}

/** A 32-bit number that depends on all arguments, and on nothing else. */
export function mix(...parts: readonly number[]): number {
  let hash = 0x9e3779b9
  for (const part of parts) {
    hash = Math.imul(hash ^ (part >>> 0) ^ Math.imul(Math.floor(part / 2 ** 32), 0x85ebca6b), 0x21f0aaad)
    hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97)
    hash = (hash ^ (hash >>> 15)) + 0x9e3779b9
  }
  return hash >>> 0
}
