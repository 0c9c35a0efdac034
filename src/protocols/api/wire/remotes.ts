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

const moved = z.object({ objects: z.int(), sizeBytes: z.int() })

export const remoteVisit = z.object({
  id: z.string(),
  repo: z.string(),
  who: z.string().describe('Who it was signed in as'),
  client: z.string().describe('Address and program'),
  firstAt: z.int(),
  lastAt: z.int(),
  asked: z.int().describe('Objects that it asked for without wanting their bytes'),
  pushed: moved,
  pulled: moved,
  failures: z.int(),
  lastFailure: z.string().nullable(),
})

export const waitingDirectory = z.object({
  path: z.string().describe('Of its manifest'),
  pushedAt: z.int(),
  missing: z.array(z.object({ path: z.string(), md5: z.string() })),
  missingObjects: z.int().describe('All of them; `missing` has as many as were asked for'),
})

export const remoteCheck = z.object({
  checked: moved.describe('Read, and compared with their names'),
  missing: z.array(z.string()).describe('Paths that the remote names and the store lacks'),
  damaged: z.array(z.string()).describe('Served to nobody until they are pushed again'),
  repaired: z.array(z.string()).describe('Put right from the second copy'),
  next: z.string().nullable().describe('Give it as `after` to go on; null at the end'),
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
  listVisits: endpoint({
    method: 'GET',
    path: '/projects/:project/remotes/:repo/visits',
    summary: 'Who pushed and pulled, latest first',
    role: 'viewer',
    query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(50) }),
    result: z.object({ items: z.array(remoteVisit) }),
  }),
  listWaiting: endpoint({
    method: 'GET',
    path: '/projects/:project/remotes/:repo/waiting',
    summary: 'Directories that are not seen yet, and the files that each lacks',
    role: 'viewer',
    query: z.object({
      members: z.coerce
        .number()
        .int()
        .min(0)
        .max(10_000)
        .default(20)
        .describe('Most missing files told of each'),
    }),
    result: z.object({ items: z.array(waitingDirectory) }),
  }),
  checkRemote: endpoint({
    method: 'POST',
    path: '/projects/:project/remotes/:repo/check',
    summary: 'Reads what the remote holds and compares it with its names',
    role: 'editor',
    body: z.object({
      after: z.string().max(1024).default('').describe('Goes on where another check ended'),
      mostBytes: z.int().min(1).default(1_000_000_000),
    }),
    result: remoteCheck,
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
