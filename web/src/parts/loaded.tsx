import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Bones } from './bones.tsx'
import { Failure } from './failure.tsx'
import css from './loaded.module.css'

interface LoadedProps<T> {
  query: UseQueryResult<T>
  /** Of the size of what comes. */
  bones?: ReactNode
  children: (data: T) => ReactNode
}

/** Waits, says what failed, or shows what was read; old data stays while newer is on its way. */
export function Loaded<T>({ query, bones, children }: LoadedProps<T>) {
  const retry = () => void query.refetch()
  if (query.data === undefined) {
    if (query.error === null) return bones ?? <Bones />
    return (
      <div className={css['failed']}>
        <Failure error={query.error} retry={retry} />
      </div>
    )
  }
  return (
    <>
      {query.error === null ? null : <Failure error={query.error} retry={retry} />}
      {children(query.data)}
    </>
  )
}
