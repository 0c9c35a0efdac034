import { QueryClient } from '@tanstack/react-query'
import { codeOf } from '../parts/failure-text.ts'

const worthRetrying = new Set(['unavailable', 'overloaded'])

/** The cache of what was read. Journal records say when something is stale, so time does not. */
export function createPageQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: false,
        retry: (count, error) => count < 2 && worthRetrying.has(codeOf(error)),
        retryDelay: (count) => 400 * 2 ** count,
      },
    },
  })
}
