import type { Client } from '#client/client'
import { useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['pipelines']> = Awaited<ReturnType<Client['pipelines'][Name]>>

export type Pipeline = Answer<'getPipeline'>
export type Execution = Answer<'listExecutions'>['items'][number]
export type ExecutionDetail = Answer<'getExecution'>
export type StageRun = ExecutionDetail['stages'][number]
export type Trigger = Answer<'listTriggers'>['items'][number]

export function usePipelines() {
  const project = useProject()
  return useRead(
    ['pipelines', 'list', project],
    (client) => client.pipelines.listPipelines({ params: { project } }),
    { watch: ['pipeline', 'execution'] },
  )
}

export function usePipeline(pipeline: string) {
  const project = useProject()
  return useRead(
    ['pipelines', 'pipeline', project, pipeline],
    (client) => client.pipelines.getPipeline({ params: { project, pipeline } }),
    { watch: [`pipeline:${pipeline}`, 'execution'] },
  )
}

/** Executions, newest first; of one pipeline, or of all. */
export function useExecutions(pipeline: string, limit = 50) {
  const project = useProject()
  return useRead(
    ['pipelines', 'executions', project, pipeline, limit],
    (client) =>
      client.pipelines.listExecutions({
        params: { project },
        query: { limit, ...(pipeline === '' ? {} : { pipeline }) },
      }),
    { watch: ['execution', 'pipeline'] },
  )
}

export function useExecution(execution: string | undefined) {
  const project = useProject()
  return useRead(
    ['pipelines', 'execution', project, execution],
    (client) => client.pipelines.getExecution({ params: { project, execution: execution ?? '' } }),
    { watch: [`execution:${execution ?? ''}`], enabled: execution !== undefined, keep: true },
  )
}

export function useTriggers() {
  const project = useProject()
  return useRead(
    ['pipelines', 'triggers', project],
    (client) => client.pipelines.listTriggers({ params: { project } }),
    { watch: ['trigger', 'execution'] },
  )
}

/** What the journal says of a trigger: when it fired, and when it did not and why. */
export function useTriggerRecords(trigger: string) {
  const project = useProject()
  return useRead(
    ['journal', 'of-trigger', project, trigger],
    (client) =>
      client.journal.list({
        params: { project },
        query: { subject: `trigger:${trigger}`, limit: 50 },
      }),
    { watch: [`trigger:${trigger}`] },
  )
}
