import { invalid } from '#kernel/errors'
import type { JsonObject } from '#kernel/json'
import { checkName } from '#kernel/names'
import { everyProject, type Grant, grantableKinds, noRole } from '#kernel/principals'

/** Grants with every project's name in its normal form. Errors: `invalid`. */
export function checkGrants(grants: readonly Grant[]): Grant[] {
  return grants.map(({ project, role, resource, creates }) => {
    if (resource === undefined && role === noRole) {
      throw invalid('Nobody has a role in a project until it is granted; take the grant away.')
    }
    return {
      project: project === everyProject ? everyProject : checkName('project', project),
      role,
      ...(resource === undefined ? {} : { resource: checkResource(resource) }),
      ...(resource === undefined && creates === true ? { creates } : {}),
    }
  })
}

/** As the journal keeps them. */
export function grantsDetail(grants: readonly Grant[]): JsonObject[] {
  return grants.map(({ project, role, resource, creates }) => ({
    project,
    role,
    ...(resource === undefined ? {} : { resource }),
    ...(creates === true ? { creates } : {}),
  }))
}

function checkResource(resource: string): string {
  const [kind = '', ...name] = resource.split(':')
  if (grantableKinds.some((known) => known === kind) && name.join(':') !== '') return resource
  throw invalid(
    `${JSON.stringify(resource.slice(0, 200))} is nothing that a role can be granted on by itself. ` +
      `Write ${grantableKinds.map((each) => `${each}:NAME`).join(' or ')}, or * for the name.`,
  )
}
