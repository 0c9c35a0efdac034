import { z } from 'zod'
import { noRole } from '#kernel/principals'
import { roles } from '#kernel/roles'
import { endpoint, type ApiSpec } from '../endpoint.ts'

export const GrantView = z.object({
  project: z.string().min(1).max(128).describe('A project, or * for every project.'),
  role: z
    .enum([...roles, noRole])
    .describe('none, on a resource alone: hides it from who may see the rest.'),
  resource: z
    .string()
    .max(300)
    .optional()
    .describe('Only on experiment:ID or model:NAME of the project; * for all of the kind.'),
  creates: z
    .boolean()
    .optional()
    .describe(
      'With a role in a project: may make experiments and models there, and manages those.',
    ),
})
export type GrantView = z.output<typeof GrantView>

export const PrincipalView = z.object({
  kind: z.enum(['local', 'user', 'token', 'system', 'anonymous']),
  name: z.string().describe('As it stands in the journal: local, token:ci.'),
  grants: z.array(GrantView),
})
export type PrincipalView = z.output<typeof PrincipalView>

export const Project = z.object({
  name: z.string(),
  description: z.string(),
  createdAt: z.int(),
})
export type Project = z.output<typeof Project>

export const ServiceToken = z.object({
  id: z.string(),
  name: z.string(),
  grants: z.array(GrantView),
  createdAt: z.int(),
  createdBy: z.string(),
  expiresAt: z.int().nullable(),
  revokedAt: z.int().nullable(),
})
export type ServiceToken = z.output<typeof ServiceToken>

export const User = z.object({
  id: z.int(),
  name: z.string(),
  isAdmin: z.boolean(),
  grants: z.array(GrantView),
  createdAt: z.int(),
  createdBy: z.string(),
})
export type User = z.output<typeof User>

const Password = z.string().max(1024).describe('12 to 1,024 characters.')

export const accessApi = {
  signIn: endpoint({
    method: 'POST',
    path: '/sign-in',
    summary: 'Sign in with a name and a password: a token for twelve hours',
    role: 'anyone',
    body: z.object({ name: z.string().max(128), password: Password }),
    result: z.object({ secret: z.string(), expiresAt: z.int(), principal: PrincipalView }),
  }),
  whoami: endpoint({
    method: 'GET',
    path: '/whoami',
    summary: 'Who the caller is and what they may do',
    role: 'anyone',
    result: PrincipalView,
  }),
  listProjects: endpoint({
    method: 'GET',
    path: '/projects',
    summary: 'The projects that the caller may see',
    role: 'authenticated',
    result: z.object({ items: z.array(Project) }),
  }),
  createProject: endpoint({
    method: 'POST',
    path: '/projects',
    summary: 'Create a project',
    role: 'admin',
    body: z.object({ name: z.string(), description: z.string().max(2000).default('') }),
    result: Project,
  }),
  listTokens: endpoint({
    method: 'GET',
    path: '/tokens',
    summary: 'All service tokens, without their secrets',
    role: 'admin',
    result: z.object({ items: z.array(ServiceToken) }),
  }),
  createToken: endpoint({
    method: 'POST',
    path: '/tokens',
    summary: 'Create a service token; its secret is shown only in this answer',
    role: 'admin',
    body: z.object({
      name: z.string(),
      grants: z.array(GrantView).min(1).max(100),
      expiresAt: z.int().positive().optional(),
    }),
    result: z.object({ token: ServiceToken, secret: z.string() }),
  }),
  revokeToken: endpoint({
    method: 'DELETE',
    path: '/tokens/:token',
    summary: 'Revoke a service token, by id or name',
    role: 'admin',
    result: ServiceToken,
  }),
  listUsers: endpoint({
    method: 'GET',
    path: '/users',
    summary: 'All users',
    role: 'admin',
    result: z.object({ items: z.array(User) }),
  }),
  createUser: endpoint({
    method: 'POST',
    path: '/users',
    summary: 'Create a user who signs in with a password',
    role: 'admin',
    body: z.object({
      name: z.string().max(128),
      password: Password,
      isAdmin: z.boolean().default(false),
      grants: z.array(GrantView).max(100).default([]),
    }),
    result: User,
  }),
  getUser: endpoint({
    method: 'GET',
    path: '/users/:user',
    summary: 'A user',
    role: 'admin',
    result: User,
  }),
  updateUser: endpoint({
    method: 'PATCH',
    path: '/users/:user',
    summary: 'Change what a user may do',
    role: 'admin',
    body: z.object({
      isAdmin: z.boolean().optional(),
      grants: z.array(GrantView).max(100).optional().describe('All of them.'),
    }),
    result: User,
  }),
  setPassword: endpoint({
    method: 'PUT',
    path: '/users/:user/password',
    summary: "Set a user's password and end their sessions; for one's own, give the present one",
    role: 'authenticated',
    body: z.object({ password: Password, currentPassword: Password.optional() }),
  }),
  removeUser: endpoint({
    method: 'DELETE',
    path: '/users/:user',
    summary: 'Remove a user',
    role: 'admin',
    result: User,
  }),
} satisfies ApiSpec
