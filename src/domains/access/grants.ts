import { checkName } from '#kernel/names'
import { everyProject, type Grant } from '#kernel/principals'

/** Grants with every project's name in its normal form. Errors: `invalid`. */
export function checkGrants(grants: readonly Grant[]): Grant[] {
  return grants.map(({ project, role }) => ({
    project: project === everyProject ? everyProject : checkName('project', project),
    role,
  }))
}
