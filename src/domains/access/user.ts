import { invalid, notFound } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { authorize, everyProject, type Grant, type Principal } from '#kernel/principals'
import type { Platform } from './context.ts'
import type { AccessReader, UserRow } from './store.ts'

/** A person who signs in with a name and a password; nothing leads back to the password. */
export interface User {
  /** A small number, for clients that want one. */
  id: number
  name: string
  isAdmin: boolean
  grants: Grant[]
  createdAt: number
  createdBy: string
}

export const userColumns = [
  'id',
  'name',
  'is_admin',
  'grants',
  'created_at',
  'created_by',
] as const satisfies readonly (keyof UserRow)[]

/** With what nobody is shown. */
export const userRowColumns = [
  ...userColumns,
  'password_hash',
] as const satisfies readonly (keyof UserRow)[]

export function userFromRow(row: Pick<UserRow, (typeof userColumns)[number]>): User {
  return {
    id: row.id,
    name: row.name,
    isAdmin: row.is_admin === 1,
    grants: parseStored<Grant[]>(row.grants),
    createdAt: row.created_at,
    createdBy: row.created_by,
  }
}

/** Who a user is to every verb. An admin may do anything anywhere. */
export function principalOf(
  { userGrants }: Pick<Platform, 'userGrants'>,
  user: Pick<UserRow, 'name' | 'is_admin' | 'grants'>,
): Principal {
  const grants: Grant[] =
    user.is_admin === 1
      ? [{ project: everyProject, role: 'admin' }]
      : [...parseStored<Grant[]>(user.grants), ...userGrants]
  return { kind: 'user', name: actorOf(user.name), grants }
}

/** As the journal names them. */
export function actorOf(name: string): string {
  return `user:${name}`
}

/** The name of a user whom the journal names so. */
export function nameOfActor(actor: string): string {
  return actor.slice(actor.indexOf(':') + 1)
}

/** Each may see and change their own account, an admin everybody's. */
export function authorizeAccount(ctx: { principal: Principal }, name: string): void {
  if (ctx.principal.name !== actorOf(name)) authorize(ctx, 'admin', everyProject)
}

/** Errors: `not_found`. */
export async function findUser(db: AccessReader, name: string): Promise<UserRow> {
  const row = await db
    .selectFrom('users')
    .select(userRowColumns)
    .where('name', '=', name.normalize('NFC'))
    .executeTakeFirst()
  if (row === undefined) throw notFound('user', name.slice(0, 128), 'See them with: gyre user list')
  return row
}

const leastPassword = 12
const longestPassword = 1024

/** Errors: `invalid`. */
export function checkPassword(password: string): string {
  if (password.length >= leastPassword && password.length <= longestPassword) return password
  throw invalid(
    `A password has ${leastPassword} to ${longestPassword} characters; this one has ${password.length}.`,
  )
}

/**
 * A name as one signs in with it: also an e-mail address. At most 128 characters, no control
 * characters, no `:` (which ends the name in HTTP's basic authentication). Errors: `invalid`.
 */
export function checkUserName(name: string): string {
  const normal = name.normalize('NFC').trim()
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (normal !== '' && normal.length <= 128 && !/[\u0000-\u001f\u007f:]/.test(normal)) return normal
  throw invalid(
    `${JSON.stringify(name.slice(0, 200))} is not a valid user name. Use 1 to 128 characters without ":" and control characters.`,
  )
}
