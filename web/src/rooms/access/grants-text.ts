interface Grant {
  role: string
  project: string
  resource?: string | undefined
  creates?: boolean | undefined
}

/** What a principal may do, in words. */
export function grantsText(grants: readonly Grant[]): string {
  return grants
    .map(({ role, project, resource, creates }) => {
      const place = project === '*' ? 'every project' : project
      if (role === 'none') return `${resource} hidden in ${place}`
      const more = creates === true ? ', who may make experiments and models,' : ''
      return `${role}${more} ${resource === undefined ? '' : `on ${resource} `}in ${place}`
    })
    .join(', ')
}
