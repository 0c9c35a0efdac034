export type LineState = 'connecting' | 'live' | 'lost'

/** The state of the stream of events, and the fetch that keeps watch over it. */
export interface Line {
  fetch: typeof fetch
  read: () => LineState
  subscribe: (listener: () => void) => () => void
}

/** Watches the one long answer below `/events`: it opens, ends, or cannot be had. */
export function createLine(): Line {
  const listeners = new Set<() => void>([])
  let state: LineState = 'connecting'
  const change = (next: LineState) => {
    state = next
    for (const listener of listeners) listener()
  }
  return {
    read: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    fetch: (input, init) => {
      const isEvents = typeof input === 'string' && input.includes('/api/v1/events')
      return isEvents ? fetchWatched(input, init, change) : fetch(input, init)
    },
  }
}

async function fetchWatched(
  input: string,
  init: RequestInit | undefined,
  change: (state: LineState) => void,
): Promise<Response> {
  try {
    const response = await fetch(input, init)
    if (!response.ok || response.body === null) return response
    change('live')
    const ended = new TransformStream<Uint8Array, Uint8Array>({ flush: () => change('lost') })
    return new Response(response.body.pipeThrough(ended), response)
  } catch (error) {
    change('lost')
    throw error
  }
}
