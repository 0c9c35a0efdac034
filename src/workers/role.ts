import { invalid } from '#kernel/errors'

/** What a server process can be: one of these, or all at once. */
export const serverRoles = ['api', 'gateway', 'runner', 'monitor', 'ingester'] as const
export type ServerRole = (typeof serverRoles)[number]

/** Reads `--role`: names, repeated or joined by commas; none means all. */
export function parseRoles(texts: readonly string[]): ServerRole[] {
  const names = texts.flatMap((text) => text.split(',')).map((name) => name.trim())
  const roles = names.map((name) => {
    const role = serverRoles.find((known) => known === name)
    if (role !== undefined) return role
    throw invalid(
      `There is no role ${JSON.stringify(name)}. The roles are ${serverRoles.join(', ')}.`,
    )
  })
  return roles.length === 0 ? [...serverRoles] : serverRoles.filter((role) => roles.includes(role))
}
