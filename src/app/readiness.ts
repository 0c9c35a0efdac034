/** How far a server is in its life. */
export interface Readiness {
  readonly state: 'starting' | 'ready' | 'draining'
  /** Aborts when draining begins. */
  readonly draining: AbortSignal
  becomeReady(): void
  beginDraining(): void
}

export function createReadiness(): Readiness {
  const draining = new AbortController()
  let ready = false
  return {
    get state() {
      if (draining.signal.aborted) return 'draining'
      return ready ? 'ready' : 'starting'
    },
    draining: draining.signal,
    becomeReady() {
      ready = true
    },
    beginDraining: () => draining.abort(),
  }
}
