import { type Query, type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { Client, ServerEvent } from '#client/client'
import { useClient } from '../parts/client.tsx'
import { splitSubject } from '../parts/places.ts'

const flushMs = 400

/**
 * Follows the server's events of a project and has what they speak of read again. Events come in
 * bursts, so they are gathered for a moment.
 */
export function useLive(project: string): void {
  const client = useClient()
  const queries = useQueryClient()
  const opened = useRef(false)
  useEffect(() => {
    const stop = new AbortController()
    const stale = gatherStale(queries)
    const hear = (event: ServerEvent) => {
      if (event.type === 'pulse') stale.add([event.topic])
      else if (event.type === 'record') {
        stale.add([event.record.subject, ...event.record.outputs, `record:${event.record.seq}`])
      } else {
        if (opened.current) void queries.invalidateQueries()
        opened.current = true
      }
    }
    // What the server refuses for good is shown by the page that reads with the same right.
    follow(client, project, stop.signal, hear).catch(() => stop.abort())
    return () => {
      stop.abort()
      stale.stop()
    }
  }, [client, queries, project])
}

async function follow(
  client: Client,
  project: string,
  signal: AbortSignal,
  hear: (event: ServerEvent) => void,
): Promise<void> {
  for await (const event of client.events({ project, signal })) hear(event)
}

/** Collects subjects and, a few times a second, marks the queries that watch them. */
function gatherStale(queries: QueryClient) {
  const subjects = new Set<string>([])
  const flush = () => {
    if (subjects.size === 0) return
    const named = new Set([...subjects].flatMap(namesOf))
    subjects.clear()
    void queries.invalidateQueries(
      { predicate: (query) => watches(query, named) },
      { cancelRefetch: false },
    )
  }
  const timer = setInterval(flush, flushMs)
  return {
    add: (more: readonly string[]) => more.forEach((subject) => subjects.add(subject)),
    stop: () => clearInterval(timer),
  }
}

/** `model:late@3` concerns whoever watches it, `model:late`, or any `model`. */
function namesOf(subject: string): string[] {
  const { kind, name } = splitSubject(subject)
  return [subject, `${kind}:${name}`, kind]
}

function watches(query: Query, named: ReadonlySet<string>): boolean {
  const watch = query.meta?.['watch']
  return Array.isArray(watch) && watch.some((each) => typeof each === 'string' && named.has(each))
}
