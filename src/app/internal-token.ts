import {
  asSystem,
  createToken,
  everyProject,
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

/**
 * The token with which this process's own parts come through its doors: stages of pipelines, and
 * the replay of training rows. Made at the start and good until its end.
 */
export async function createInternalToken(
  platform: Platform,
  { authentication, internalToken: given }: ServerConfig,
): Promise<InternalToken> {
  if (authentication === 'none' || given !== undefined) {
    return { secret: given, revoke: async () => {} }
  }
  const system = asSystem(platform, 'start')
  const name = `process-${platform.newId()}`
  const { secret } = await createToken(system, {
    name,
    grants: [{ project: everyProject, role: 'operator' }],
  })
  return { secret, revoke: async () => void (await revokeToken(system, name)) }
}
