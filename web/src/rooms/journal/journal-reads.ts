import { useInfiniteQuery } from '@tanstack/react-query'
import type { Client } from '#client/client'
import { useClient, useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['journal']> = Awaited<ReturnType<Client['journal'][Name]>>

export type JournalRecord = Answer<'get'>
export type Why = Answer<'why'>
export type WhyNode = Why['nodes'][number]
export type Lineage = Answer<'lineage'>

export interface JournalFilter {
  verb: string
  subject: string
  actor: string
  /** Milliseconds back from now; empty: from the beginning. */
  since: string
}

/** Records page by page, newest first. */
export function useRecords({ verb, subject, actor, since }: JournalFilter) {
  const client = useClient()
  const project = useProject()
  const told = Object.entries({ verb, subject, actor }).filter(([, value]) => value !== '')
  return useInfiniteQuery({
    queryKey: ['journal', 'list', project, verb, subject, actor, since],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      client.journal.list({
        params: { project },
        query: {
          ...Object.fromEntries(told),
          ...(since === '' ? {} : { since: Date.now() - Number(since) }),
          ...(pageParam === '' ? {} : { pageToken: pageParam }),
          limit: 100,
        },
      }),
    getNextPageParam: (page) => page.nextPageToken,
    placeholderData: (former) => former,
    meta: { watch: ['record'] },
  })
}

export function useRecord(seq: string) {
  const project = useProject()
  return useRead(
    ['journal', 'record', project, seq],
    (client) => client.journal.get({ params: { project, seq } }),
    { watch: [] },
  )
}

export function useWhy(subject: string) {
  const project = useProject()
  return useRead(
    ['journal', 'why', project, subject],
    (client) => client.journal.why({ params: { project }, query: { subject } }),
    { watch: [subject] },
  )
}

export function useLineage(subject: string, direction: 'up' | 'down' | 'both', depth: number) {
  const project = useProject()
  return useRead(
    ['journal', 'lineage', project, subject, direction, depth],
    (client) =>
      client.journal.lineage({
        params: { project },
        query: { subject, direction, depth, limit: 150 },
      }),
    { watch: [subject], keep: true },
  )
}
