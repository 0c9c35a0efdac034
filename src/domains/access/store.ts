import type { Kysely, Transaction } from 'kysely'

export interface ServiceTokenRow {
  id: string
  name: string
  /** sha256 of the secret. The secret itself is shown once and never stored. */
  secret_sha256: string
  grants: string
  created_at: number
  created_by: string
  expires_at: number | null
  revoked_at: number | null
}

export interface ProjectRow {
  name: string
  description: string
  created_at: number
}

export interface UserRow {
  id: number
  name: string
  /** Salted and slow to guess, as `Passwords` writes it. */
  password_hash: string
  is_admin: number
  grants: string
  created_at: number
  created_by: string
}

/** A user who is signed in somewhere. What they may do is read from the user each time. */
export interface UserSessionRow {
  secret_sha256: string
  user_id: number
  created_at: number
  expires_at: number
}

export interface AccessTables {
  service_tokens: ServiceTokenRow
  projects: ProjectRow
  users: UserRow
  user_sessions: UserSessionRow
}

/** Inside a change or outside of one. */
export type AccessReader = Kysely<AccessTables>
export type AccessTransaction = Transaction<AccessTables>
