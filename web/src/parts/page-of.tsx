import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { BoneBlock } from './bones.tsx'
import { Failure } from './failure.tsx'
import { type Crumb, Page } from './page.tsx'

interface PageOfProps<T> {
  query: UseQueryResult<T>
  /** The heading until the thing is known, and when it cannot be had. */
  title: string
  crumbs: readonly Crumb[]
  tabs?: ReactNode
  /** The page of the thing. */
  children: (data: T) => ReactNode
}

/** The page of one thing: its frame stands while it is read, and when it is not there. */
export function PageOf<T>({ query, title, crumbs, tabs, children }: PageOfProps<T>) {
  if (query.data !== undefined) return children(query.data)
  return (
    <Page title={title} crumbs={crumbs} tabs={query.error === null ? tabs : undefined}>
      {query.error === null ? (
        <BoneBlock height={480} />
      ) : (
        <Failure error={query.error} retry={() => void query.refetch()} />
      )}
    </Page>
  )
}
