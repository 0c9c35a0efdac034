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

export interface AccessTables {
  service_tokens: ServiceTokenRow
  projects: ProjectRow
}
