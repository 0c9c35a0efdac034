import { useRead } from './client.tsx'
import { useProject } from './project.tsx'

const roles = ['viewer', 'editor', 'operator', 'admin'] as const
const inOrder: readonly string[] = roles

/**
 * Whether the reader has a role, in this project or in every one. The server decides all the same;
 * this only spares people what it would refuse.
 */
export function useMay(
  role: (typeof roles)[number],
  where: 'here' | 'everywhere' = 'here',
): boolean {
  const project = useProject()
  const self = useRead(['access', 'whoami'], (client) => client.access.whoami(), { watch: [] })
  return (
    self.data?.grants.some(
      (grant) =>
        grant.resource === undefined &&
        inOrder.indexOf(grant.role) >= inOrder.indexOf(role) &&
        (grant.project === '*' || (where === 'here' && grant.project === project)),
    ) ?? false
  )
}
