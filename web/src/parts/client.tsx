import {
  keepPreviousData,
  useMutation,
  type UseMutationResult,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from '@tanstack/react-query'
import { createContext, use } from 'react'
import type { Client } from '#client/client'

const ClientContext = createContext<Client | undefined>(undefined)

export const ClientProvider = ClientContext

/** The client of the server that delivered this page. */
export function useClient(): Client {
  const client = use(ClientContext)
  if (client === undefined) throw new Error('There is no ClientProvider above this component.')
  return client
}

export interface ReadOptions {
  /**
   * What makes it stale: kinds of subject (`run`: any record or pulse of a run) or single subjects
   * (`run:0198…`). Whatever the journal says of these is read again.
   */
  watch: readonly string[]
  enabled?: boolean
  /** Keeps the former answer while the key changes: paging, filtering. */
  keep?: boolean
  /** Read again every so many milliseconds, for what no record tells. */
  everyMs?: number | false
}

/** Reads from the server and keeps the answer current. The key names the operation and its input. */
export function useRead<T>(
  key: readonly unknown[],
  read: (client: Client) => Promise<T>,
  { watch, enabled = true, keep = false, everyMs = false }: ReadOptions,
): UseQueryResult<T> {
  const client = useClient()
  return useQuery({
    queryKey: key,
    queryFn: () => read(client),
    enabled,
    meta: { watch },
    refetchInterval: everyMs,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  }) as UseQueryResult<T>
}

/** Changes something on the server; afterwards everything shown is read again. */
export function useAct<Input, T>(
  act: (client: Client, input: Input) => Promise<T>,
): UseMutationResult<T, Error, Input> {
  const client = useClient()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (input: Input) => act(client, input),
    onSuccess: () => void queries.invalidateQueries(),
  })
}
