import {
  asSystem,
  type Context,
  createToken,
  everyProject,
  listTokens,
  type Platform,
  revokeToken,
} from '#domains/access/index'
import type { ServerConfig } from './config.ts'

export interface InternalToken {
  /** Absent where nobody needs one. */
  secret: string | undefined
  /** Ends it; what was given from outside stays. */
  revoke(): Promise<void>
}

const prefix = 'process-'
const startedBy = 'start'

/**
 * The token with which this process's own parts come through its doors: stages of pipelines, and
 * the replay of training rows. Made at the start and good until its end; where no other process can
 * be there (`alone`), those that killed ones left behind are revoked.
 */
export async function createInternalToken(
  platform: Platform,
  { authentication, internalToken: given }: ServerConfig,
  alone: boolean,
): Promise<InternalToken> {
  const system = asSystem(platform, startedBy)
  if (alone) await revokeLeft(system)
  if (authentication === 'none' || given !== undefined) {
    return { secret: given, revoke: async () => {} }
  }
  const name = prefix + platform.newId()
  const { secret } = await createToken(system, {
    name,
    grants: [{ project: everyProject, role: 'operator' }],
  })
  return { secret, revoke: async () => void (await revokeToken(system, name)) }
}

async function revokeLeft(system: Context): Promise<void> {
  for (const { id, name, createdBy, revokedAt } of await listTokens(system)) {
    const own = createdBy === system.principal.name && name.startsWith(prefix)
    if (own && revokedAt === null) await revokeToken(system, id)
  }
}
