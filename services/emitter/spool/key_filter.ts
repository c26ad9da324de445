/** 2^25 bits: with two million keys, one in 200 others is taken for one of them. */
const BITS = 1 << 25
const PROBES = 3

/**
 * The keys of records that wait on disk (a Bloom filter). A new record with one of these keys must wait behind them. It
 * may take another key for one of them, which then waits too; its memory is fixed.
 */
export class KeyFilter {
  #bits: Uint8Array | undefined

  add(key: string): void {
    this.#bits ??= new Uint8Array(BITS >>> 3)
    let hash = hashOf(key)
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = hash & (BITS - 1)
      this.#bits[bit >>> 3] = (this.#bits[bit >>> 3] as number) | (1 << (bit & 7))
      hash = mixed(hash)
    }
  }

  has(key: string): boolean {
    if (this.#bits === undefined) return false
    let hash = hashOf(key)
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = hash & (BITS - 1)
      if (((this.#bits[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false
      hash = mixed(hash)
    }
    return true
  }

  /** Forgets all keys, and gives the memory back. */
  clear(): void {
    this.#bits = undefined
  }
}

/** FNV-1a, over UTF-16 units. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return mixed(hash)
}

/** The finalizer of MurmurHash3. */
function mixed(hash: number): number {
  let mix = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35)
  return mix ^ (mix >>> 16)
}
