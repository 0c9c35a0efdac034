export { asSystem, type Context, type Platform } from './context.ts'
export { allows, authorize, everyProject, type Grant, type Principal } from './roles.ts'
export type { AccessTables, ProjectRow, ServiceTokenRow } from './store.ts'
