import type { Command } from 'commander'
import { invalid } from '#kernel/errors'
import { formatGrants, readGrant } from '#kernel/grant-text'
import { collected, serverAction, serverCommand } from './command.ts'
import { formatMoment } from './output.ts'
import { passwordHelp, readPassword } from './password.ts'

interface RightsOptions {
  role?: string[]
  admin?: boolean
}

export function registerUser(program: Command): void {
  const user = program.command('user').description('People who sign in with a name and a password')
  serverCommand(user, 'add <name>', `Create a user. ${passwordHelp}`)
    .option(
      '--role <role>',
      'a role, or project=role, or project/model:name=role; may be repeated',
      collected,
    )
    .option('--admin', 'may do anything')
    .action(
      serverAction(async ({ client, out, environment }, name: string, options: RightsOptions) => {
        const password = await readPassword(environment)
        const grants = (options.role ?? []).map(readGrant)
        const body = { name, password, grants, isAdmin: options.admin === true }
        const created = await client.access.createUser({ body })
        out.result(created, () => out.line(`The user "${created.name}" may sign in.`))
      }),
    )
  serverCommand(user, 'list', 'All users').action(
    serverAction(async ({ client, out }) => {
      const page = await client.access.listUsers()
      out.result(page, () =>
        out.table(
          ['NAME', 'GRANTS', 'CREATED', 'BY'],
          page.items.map((each) => [
            each.name,
            each.isAdmin ? 'admin' : formatGrants(each.grants),
            formatMoment(each.createdAt),
            each.createdBy,
          ]),
        ),
      )
    }),
  )
  serverCommand(user, 'grant <name>', 'Say what a user may do; replaces what was said before')
    .option(
      '--role <role>',
      'a role, or project=role, or project/model:name=role; may be repeated; none: nothing',
      collected,
    )
    .option('--admin', 'may do anything')
    .option('--no-admin', 'no longer an admin')
    .action(
      serverAction(async ({ client, out }, name: string, options: RightsOptions) => {
        if (options.role === undefined && options.admin === undefined) {
          throw invalid('Say what the user may do, with --role, --admin or --no-admin.')
        }
        const body = {
          ...(options.role === undefined ? {} : { grants: options.role.map(readGrant) }),
          ...(options.admin === undefined ? {} : { isAdmin: options.admin }),
        }
        const changed = await client.access.updateUser({ params: { user: name }, body })
        out.result(changed, () => out.line(`The rights of "${changed.name}" are set.`))
      }),
    )
  serverCommand(user, 'password <name>', `Set a user's password. ${passwordHelp}`).action(
    serverAction(async ({ client, out, environment }, name: string) => {
      const currentPassword = environment['GYRE_CURRENT_PASSWORD']
      const body = {
        password: await readPassword(environment),
        ...(currentPassword === undefined ? {} : { currentPassword }),
      }
      await client.access.setPassword({ params: { user: name }, body })
      out.result({ name }, () => out.line(`The password of "${name}" is set.`))
    }),
  )
  serverCommand(user, 'remove <name>', 'Remove a user; what they did stays in the record').action(
    serverAction(async ({ client, out }, name: string) => {
      const removed = await client.access.removeUser({ params: { user: name } })
      out.result(removed, () => out.line(`The user "${removed.name}" is removed.`))
    }),
  )
}
