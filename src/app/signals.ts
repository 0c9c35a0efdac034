/** Calls listeners one after another; a listener that throws does not keep the others from it. */
export interface Signal<T> {
  on(listener: (value: T) => void): () => void
  send(value: T): void
}

export function createSignal<T>(onFailure: (thrown: unknown) => void): Signal<T> {
  const listeners = new Set<(value: T) => void>()
  return {
    on(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    send(value) {
      for (const listener of listeners) {
        try {
          listener(value)
        } catch (thrown) {
          onFailure(thrown)
        }
      }
    },
  }
}
