import { z } from 'zod'
import { type ApiSpec, endpoint } from '../endpoint.ts'

const remote = z.object({
  repo: z.string().describe('The remote is /dvc/<repo>'),
  project: z.string(),
})

export const remoteSummary = z.object({
  repo: z.string(),
  objects: z.int().describe('Pushed under a name of their own'),
  sizeBytes: z.int(),
  waiting: z.int().describe('Directories that are not seen: some of their files were not pushed'),
})

export const remoteProblem = z.object({
  repo: z.string(),
  kind: z.string().describe('unauthenticated, forbidden, not what its name says, failed'),
  client: z.string().describe('Address and program'),
  message: z.string(),
  count: z.int(),
  firstAt: z.int(),
  lastAt: z.int(),
})

/** DVC remotes of a project, and what went wrong at them. */
export const remotesApi = {
  listRemotes: endpoint({
    method: 'GET',
    path: '/projects/:project/remotes',
    summary: 'DVC remotes and what they hold',
    role: 'viewer',
    result: z.object({ items: z.array(remoteSummary) }),
  }),
  declareRemote: endpoint({
    method: 'PUT',
    path: '/projects/:project/remotes/:repo',
    summary: 'Says that the remote /dvc/<repo> belongs to the project',
    role: 'editor',
    result: remote,
  }),
  listProblems: endpoint({
    method: 'GET',
    path: '/projects/:project/remote-problems',
    summary: 'What was refused at remotes, which dvc shows as missing files',
    role: 'editor',
    result: z.object({ items: z.array(remoteProblem) }),
  }),
  clearProblems: endpoint({
    method: 'DELETE',
    path: '/projects/:project/remotes/:repo/problems',
    summary: 'Forgets what was refused at a remote',
    role: 'editor',
  }),
} satisfies ApiSpec
