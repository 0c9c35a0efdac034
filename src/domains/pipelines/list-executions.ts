import { invalid } from '#kernel/errors'
import { authorize, type Context } from '#domains/access/index'
import { describeExecution, executionFromRow, findExecution } from './find-pipeline.ts'
import type { Execution, ExecutionDetail } from './pipeline.ts'
import type { ExecutionState } from './status.ts'
import { executionColumns, readPipelines } from './store.ts'

/** Executions, newest first. */
export async function listExecutions(
  ctx: Context,
  input: {
    project: string
    pipeline?: string | undefined
    state?: ExecutionState | undefined
    limit: number
    pageToken?: string | undefined
  },
): Promise<{ items: Execution[]; nextPageToken?: string }> {
  authorize(ctx, 'viewer', input.project)
  if (input.pageToken !== undefined && !/^[0-9a-f]{32}$/.test(input.pageToken)) {
    throw invalid('The page token is not one that was given. Ask for the first page again.')
  }
  let query = readPipelines(ctx)
    .selectFrom('executions')
    .select(executionColumns)
    .where('project', '=', input.project)
  if (input.pipeline !== undefined) query = query.where('pipeline', '=', input.pipeline)
  if (input.state !== undefined) query = query.where('state', '=', input.state)
  if (input.pageToken !== undefined) query = query.where('id', '<', input.pageToken)
  const rows = await query
    .orderBy('id', 'desc')
    .limit(input.limit + 1)
    .execute()
  const items = rows.slice(0, input.limit).map(executionFromRow)
  const last = items.at(-1)
  return rows.length > input.limit && last !== undefined
    ? { items, nextPageToken: last.id }
    : { items }
}

/** An execution with the state of every stage. Errors: `not_found`. */
export async function getExecution(
  ctx: Context,
  input: { project: string; execution: string },
): Promise<ExecutionDetail> {
  authorize(ctx, 'viewer', input.project)
  const db = readPipelines(ctx)
  return describeExecution(db, await findExecution(db, input.project, input.execution))
}
