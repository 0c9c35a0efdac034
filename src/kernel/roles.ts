/** Each role may do all that the ones before it may. */
export const roles = ['viewer', 'editor', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]
