import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Client } from '#client/client'
import type { Activity, World } from './activity.contract.ts'

interface AskedToken {
  name: string
  /** Known when the token was acknowledged. */
  secret: string | undefined
  revoked: 'no' | 'asked' | 'acknowledged'
}

/** Tokens made and revoked; `clientOf` is a client that comes with a token. */
export function tokenActivity(
  { project, random }: World,
  clientOf: (secret: string) => Client,
): Activity {
  const tokens: AskedToken[] = []
  const activity = {
    name: 'tokens',
    places: 1,
    acknowledged: 0,
    async prepare() {},
    async act(client: Client) {
      const token: AskedToken = {
        name: `t-${randomBytes(6).toString('hex')}`,
        secret: undefined,
        revoked: 'no',
      }
      tokens.push(token)
      const grants = [{ project, role: 'viewer' as const }]
      const { secret } = await client.access.createToken({ body: { name: token.name, grants } })
      token.secret = secret
      activity.acknowledged++
      if (random.integer(2) === 0) return
      token.revoked = 'asked'
      await client.access.revokeToken({ params: { token: token.name } })
      token.revoked = 'acknowledged'
      activity.acknowledged++
    },
    async verify(client: Client) {
      const { items } = await client.access.listTokens()
      for (const { name, secret, revoked } of tokens) {
        const found = items.filter((item) => item.name === name)
        assert.ok(found.length === 1 || (secret === undefined && found.length === 0), name)
        if (secret === undefined || revoked === 'asked') continue
        const asked = clientOf(secret).access.whoami()
        if (revoked === 'acknowledged') {
          await assert.rejects(asked, { code: 'unauthenticated' }, `${name} is revoked`)
        } else assert.equal((await asked).name, `token:${name}`)
      }
    },
  }
  return activity
}
