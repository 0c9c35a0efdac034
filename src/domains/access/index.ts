export {
  allows,
  authorize,
  authorizeCreation,
  everyProject,
  type Grant,
  noRole,
  type Principal,
  type Reach,
} from '#kernel/principals'
export {
  authorizeOnExperiments,
  authorizeOnModels,
  experimentsHeld,
  experimentsWithin,
  modelsWithin,
} from './authorize-on.ts'
export { authenticate } from './authenticate.ts'
export {
  asSystem,
  type Context,
  type Log,
  type Md5,
  type Passwords,
  type Platform,
} from './context.ts'
export { createProject, ensureProject } from './create-project.ts'
export { createToken } from './create-token.ts'
export { createUser } from './create-user.ts'
export { grantToCreator } from './grant-to-creator.ts'
export { moveGrants } from './move-grants.ts'
export { hasTokens, listTokens } from './list-tokens.ts'
export { hasProject, listProjects } from './list-projects.ts'
export { getUser, listUsers } from './list-users.ts'
export { revokeToken } from './revoke-token.ts'
export { authenticateUser, signIn } from './sign-in.ts'
export type { AccessTables, ProjectRow, ServiceTokenRow } from './store.ts'
export { getGrant, removeUser, setGrant, setPassword, updateUser } from './update-user.ts'
export { secretPrefix } from './token.ts'
export type { User } from './user.ts'
export { accessBlobColumns } from './blob-columns.ts'
