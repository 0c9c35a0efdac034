import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import { invalid } from '#kernel/errors'
import { parseDuration } from '#kernel/time'
import { formatGrants, readGrant } from '#kernel/grant-text'
import { collected, serverAction, serverCommand } from './command.ts'
import { credentialsPath, readCredentials } from './connection.ts'
import { formatMoment } from './output.ts'
import { passwordHelp, readPassword } from './password.ts'

interface CreateOptions {
  role: string[]
  expires?: string
}

interface LoginOptions {
  user?: string
}

export function registerToken(program: Command): void {
  const token = program.command('token').description('Service tokens: who else may use the server')
  serverCommand(token, 'create <name>', 'Create a token; its secret is shown only now')
    .requiredOption(
      '--role <role>',
      'a role, or project=role, or project/model:name=role; may be repeated',
      collected,
    )
    .option('--expires <duration>', 'such as 90d; default: never')
    .action(
      serverAction(async ({ client, out }, name: string, { role, expires }: CreateOptions) => {
        const body = {
          name,
          grants: role.map(readGrant),
          ...(expires === undefined ? {} : { expiresAt: Date.now() + parseDuration(expires) }),
        }
        const created = await client.access.createToken({ body })
        out.result(created, () => {
          out.line(created.secret)
          out.note('Keep it now: it is not shown again. Use it as GYRE_TOKEN.')
        })
      }),
    )
  serverCommand(token, 'list', 'All tokens').action(
    serverAction(async ({ client, out }) => {
      const page = await client.access.listTokens()
      out.result(page, () =>
        out.table(
          ['NAME', 'GRANTS', 'CREATED', 'BY', 'STATE'],
          page.items.map((each) => [
            each.name,
            formatGrants(each.grants),
            formatMoment(each.createdAt),
            each.createdBy,
            stateOf(each),
          ]),
        ),
      )
    }),
  )
  serverCommand(token, 'revoke <token>', 'Revoke a token, by name or id').action(
    serverAction(async ({ client, out }, name: string) => {
      const revoked = await client.access.revokeToken({ params: { token: name } })
      out.result(revoked, () => out.line(`The token "${revoked.name}" is revoked.`))
    }),
  )
}

export function registerLogin(program: Command): void {
  serverCommand(program, 'login', 'Keep a token, or sign in as a user, for later commands')
    .option('--user <name>', `sign in as this user. ${passwordHelp}`)
    .action(
      serverAction(async ({ client, out, url, token, environment }, { user }: LoginOptions) => {
        const session =
          user === undefined
            ? undefined
            : await client.access.signIn({
                body: { name: user, password: await readPassword(environment) },
              })
        const secret = session?.secret ?? token
        if (secret === undefined) {
          throw invalid('Give a token with --token or as GYRE_TOKEN, or a user with --user.')
        }
        const principal = session?.principal ?? (await client.access.whoami())
        await keepSecret(environment, url, secret)
        out.result(principal, () => out.line(`Signed in to ${url} as ${principal.name}.`))
      }),
    )
}

async function keepSecret(
  environment: Readonly<Record<string, string | undefined>>,
  url: string,
  secret: string,
): Promise<void> {
  const path = credentialsPath(environment)
  const kept = { ...(await readCredentials(environment)), [new URL(url).origin]: secret }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 })
}

function stateOf({
  revokedAt,
  expiresAt,
}: {
  revokedAt: number | null
  expiresAt: number | null
}): string {
  if (revokedAt !== null) return `revoked ${formatMoment(revokedAt)}`
  if (expiresAt === null) return 'valid'
  return expiresAt <= Date.now() ? 'expired' : `until ${formatMoment(expiresAt)}`
}
