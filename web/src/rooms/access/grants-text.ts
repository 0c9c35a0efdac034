/** What a principal may do, in words. */
export function grantsText(grants: readonly { role: string; project: string }[]): string {
  return grants
    .map(({ role, project }) => `${role} in ${project === '*' ? 'every project' : project}`)
    .join(', ')
}
