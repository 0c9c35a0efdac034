import { invalid } from '#kernel/errors'
import type { JsonObject } from '#kernel/json'
import { checkName } from '#kernel/names'
import { everyProject, type Grant } from '#kernel/principals'

/** On what a role can be granted by itself. */
const resourceKinds = ['experiment', 'model']

/** Grants with every project's name in its normal form. Errors: `invalid`. */
export function checkGrants(grants: readonly Grant[]): Grant[] {
  return grants.map(({ project, role, resource }) => ({
    project: project === everyProject ? everyProject : checkName('project', project),
    role,
    ...(resource === undefined ? {} : { resource: checkResource(resource) }),
  }))
}

/** As the journal keeps them. */
export function grantsDetail(grants: readonly Grant[]): JsonObject[] {
  return grants.map(({ project, role, resource }) =>
    resource === undefined ? { project, role } : { project, role, resource },
  )
}

function checkResource(resource: string): string {
  const [kind = '', ...name] = resource.split(':')
  if (resourceKinds.includes(kind) && name.join(':') !== '') return resource
  throw invalid(
    `${JSON.stringify(resource.slice(0, 200))} is nothing that a role can be granted on by itself. ` +
      `Write ${resourceKinds.map((each) => `${each}:NAME`).join(' or ')}, or * for the name.`,
  )
}
