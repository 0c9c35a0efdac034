interface Grant {
  role: string
  project: string
  resource?: string | undefined
}

/** What a principal may do, in words. */
export function grantsText(grants: readonly Grant[]): string {
  return grants
    .map(({ role, project, resource }) => {
      const place = project === '*' ? 'every project' : project
      return `${role} ${resource === undefined ? '' : `on ${resource} `}in ${place}`
    })
    .join(', ')
}
