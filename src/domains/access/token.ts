import { parseStored } from '#kernel/json'
import type { Grant } from '#kernel/principals'
import type { ServiceTokenRow } from './store.ts'

/** A service token as people see it; nothing leads back to its secret. */
export interface ServiceToken {
  id: string
  name: string
  grants: Grant[]
  createdAt: number
  createdBy: string
  expiresAt: number | null
  revokedAt: number | null
}

/** Marks our secrets, so that scanners of leaked secrets can know them. */
export const secretPrefix = 'gyre_'

export const tokenColumns = [
  'id',
  'name',
  'grants',
  'created_at',
  'created_by',
  'expires_at',
  'revoked_at',
] as const

export function tokenFromRow(row: Omit<ServiceTokenRow, 'secret_sha256'>): ServiceToken {
  return {
    id: row.id,
    name: row.name,
    grants: parseStored<Grant[]>(row.grants),
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }
}
