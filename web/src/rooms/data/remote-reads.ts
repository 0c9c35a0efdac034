import type { Client } from '#client/client'
import { useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['remotes']> = Awaited<ReturnType<Client['remotes'][Name]>>

export type Remote = Answer<'listRemotes'>['items'][number]
export type RemoteProblem = Answer<'listProblems'>['items'][number]
export type Visit = Answer<'listVisits'>['items'][number]
export type WaitingDirectory = Answer<'listWaiting'>['items'][number]
export type RemoteCheck = Answer<'checkRemote'>

/** Pushes leave few records, so that what they change is asked for again. */
const everyMs = 5000

export function useRemotes() {
  const project = useProject()
  return useRead(
    ['remotes', 'list', project],
    (client) => client.remotes.listRemotes({ params: { project } }),
    { watch: ['remote'], everyMs },
  )
}

export function useVisits(repo: string) {
  const project = useProject()
  return useRead(
    ['remotes', 'visits', project, repo],
    (client) => client.remotes.listVisits({ params: { project, repo }, query: { limit: 50 } }),
    { watch: ['remote'], everyMs },
  )
}

export function useWaiting(repo: string, enabled: boolean) {
  const project = useProject()
  return useRead(
    ['remotes', 'waiting', project, repo],
    (client) => client.remotes.listWaiting({ params: { project, repo } }),
    { watch: ['remote'], everyMs, enabled },
  )
}

/** What was refused; shown to editors only. */
export function useProblems(enabled: boolean) {
  const project = useProject()
  return useRead(
    ['remotes', 'problems', project],
    (client) => client.remotes.listProblems({ params: { project } }),
    { watch: ['remote'], everyMs, enabled },
  )
}
