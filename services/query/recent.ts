/** The values of at most so many keys: where there would be more, the key that was set longest ago is forgotten. */
export class Recent<Value> {
  readonly #values = new Map<string, Value>()

  constructor(readonly most: number) {}

  get(key: string): Value | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: Value): void {
    // Set anew, a key is the newest of the map.
    this.#values.delete(key)
    const [oldest] = this.#values.keys()
    if (oldest !== undefined && this.#values.size >= this.most) this.#values.delete(oldest)
    this.#values.set(key, value)
  }
}
