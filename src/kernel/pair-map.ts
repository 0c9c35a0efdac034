/** A map by two texts, for hot paths: a key that is joined anew has to be hashed anew. */
export class PairMap<V> {
  readonly #inner = new Map<string, Map<string, V>>()

  get(first: string, second: string): V | undefined {
    return this.#inner.get(first)?.get(second)
  }

  set(first: string, second: string, value: V): void {
    const known = this.#inner.get(first)
    if (known === undefined) this.#inner.set(first, new Map([[second, value]]))
    else known.set(second, value)
  }

  delete(first: string, second: string): void {
    const known = this.#inner.get(first)
    known?.delete(second)
    if (known?.size === 0) this.#inner.delete(first)
  }

  *values(): Generator<V> {
    for (const known of this.#inner.values()) yield* known.values()
  }
}
