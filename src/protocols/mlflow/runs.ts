import {
  createLoggedRun,
  deleteRun,
  getLoggedRun,
  restoreRun,
  runNameTag,
  searchLoggedRuns,
  updateRunInfo,
} from '#domains/runs/index'
import { mlflowError } from './errors.ts'
import { idOf, lifecycleOf, pageSizes, viewType } from './experiments.ts'
import { int64, list, message, required, text } from './fields.ts'
import { checkTag } from './limits.ts'
import { checkMaxResults } from './max-results.ts'
import { route } from './route.ts'
import { runInfoOf, runOf, runStatus, statusOf, unlessEmpty } from './wire.ts'

const tagFields = message({ key: text, value: text })
const byId = { run_id: required(text) }

export const runRoutes = [
  route(
    'POST',
    'runs/create',
    {
      experiment_id: text,
      user_id: text,
      run_name: text,
      start_time: int64,
      tags: list(tagFields),
      // MLflow has no such field: `gyre relay` asks for the id that it handed out meanwhile.
      run_id: text,
    },
    async ({ ctx, project, input }) => {
      const tags = Object.fromEntries(
        input.tags.map(({ key, value }) => checkTag(key ?? '', value ?? '')),
      )
      const run = await createLoggedRun(ctx, {
        project,
        id: /^[0-9a-f]{32}$/.test(input.run_id ?? '') ? input.run_id : undefined,
        // Of several ways to name Default, none is the clients' favourite.
        experiment: idOf(input.experiment_id || '0'),
        name: nameOf(input.run_name, tags[runNameTag]),
        user: input.user_id,
        startedAt: input.start_time,
        tags,
      })
      const { outputs: _none, ...created } = runOf(
        await getLoggedRun(ctx, { project, run: run.id }),
      )
      return { run: created }
    },
  ),
  route('GET', 'runs/get', byId, async ({ ctx, project, input }) => ({
    run: runOf(await getLoggedRun(ctx, { project, run: input.run_id })),
  })),
  route(
    'POST',
    'runs/update',
    { ...byId, end_time: int64, status: runStatus, run_name: text },
    async ({ ctx, project, input }) => {
      const run = await updateRunInfo(ctx, {
        project,
        run: input.run_id,
        name: input.run_name,
        status: input.status === undefined ? undefined : statusOf(input.status),
        endedAt: input.end_time,
      })
      return { run_info: runInfoOf(run) }
    },
  ),
  route('POST', 'runs/delete', byId, async ({ ctx, project, input }) => {
    await deleteRun(ctx, { project, run: input.run_id })
    return {}
  }),
  route('POST', 'runs/restore', byId, async ({ ctx, project, input }) => {
    await restoreRun(ctx, { project, run: input.run_id })
    return {}
  }),
  route(
    'POST',
    'runs/search',
    {
      experiment_ids: list(text),
      filter: text,
      run_view_type: viewType,
      max_results: int64,
      order_by: list(text),
      page_token: text,
    },
    async ({ ctx, project, input }) => {
      const numbers = input.experiment_ids.map((id) => Number(idOf(id).id))
      const limit = checkMaxResults(input.max_results, pageSizes)
      if (numbers.length === 0) return {}
      const { items, nextPageToken } = await searchLoggedRuns(ctx, {
        project,
        experimentNumbers: numbers,
        filter: input.filter ?? '',
        orderBy: input.order_by,
        language: 'mlflow',
        state: lifecycleOf(input.run_view_type),
        limit,
        pageToken: input.page_token,
      })
      return { runs: unlessEmpty(items.map(runOf)), next_page_token: nextPageToken }
    },
  ),
]

function nameOf(given: string | undefined, tag: string | undefined): string | undefined {
  if (given && tag && given !== tag) {
    throw mlflowError(
      'INVALID_PARAMETER_VALUE',
      "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values " +
        `(run_name='${given}', mlflow.runName='${tag}').`,
    )
  }
  return given || tag
}
