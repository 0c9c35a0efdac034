import {
  createRun,
  getLoggedRun,
  logToRun,
  updateRunInfo,
  uploadArtifact,
} from '#domains/runs/index'
import { mlflowError } from './errors.ts'
import { idOf } from './experiments.ts'
import { int64, text } from './fields.ts'
import { checkParameter, checkTag } from './limits.ts'
import { route } from './route.ts'
import { runOf } from './wire.ts'

const table = 'eval_results_table.json'

/** What the prompt lab of MLflow's page tried, kept as a finished run with a table of its answer. */
export const promptLabRoutes = [
  route(
    'POST',
    'runs/create-promptlab-run',
    {
      experiment_id: text,
      run_name: text,
      prompt_template: text,
      model_route: text,
      model_input: text,
      model_output: text,
      mlflow_version: text,
      user_id: text,
      start_time: int64,
    },
    async ({ ctx, project, input, source }) => {
      const experiment = specified('experiment_id', input.experiment_id)
      const template = specified('prompt_template', input.prompt_template)
      const variables = pairsIn(source, 'prompt_parameters')
      specified('prompt_parameters', variables[0]?.[0])
      const model = specified('model_route', input.model_route)
      const prompt = specified('model_input', input.model_input)
      specified('mlflow_version', input.mlflow_version)
      const tried = pairsIn(source, 'model_parameters')
      const measured = pairsIn(source, 'model_output_parameters')
      const given = [...tried, ['model_route', model], ['prompt_template', template]] as const
      const parameters = given.map(([key, value]) => checkParameter(key, value, 'model_parameters'))
      const tags = pairsIn(source, 'tags').map(([key, value]) => checkTag(key, value))
      const created = await createRun(ctx, {
        project,
        experiment: idOf(experiment),
        name: input.run_name || undefined,
        user: input.user_id,
        startedAt: input.start_time,
        tags: {
          ...Object.fromEntries(tags),
          'mlflow.loggedArtifacts': `[{"path": "${table}", "type": "table"}]`,
          'mlflow.runSourceType': 'PROMPT_ENGINEERING',
        },
      })
      const run = { project, run: created.id }
      await logToRun(ctx, { ...run, parameters: Object.fromEntries(parameters) })
      const cells = [
        ...variables,
        ['prompt', prompt],
        ['output', input.model_output ?? ''],
        ...measured,
      ]
      const columns = cells.map(([key]) => key)
      const content = JSON.stringify({ columns, data: [cells.map(([, value]) => value)] })
      await uploadArtifact(ctx, { ...run, path: table, content: Buffer.from(content) })
      await updateRunInfo(ctx, { ...run, status: 'finished', endedAt: ctx.clock() })
      return { run: runOf(await getLoggedRun(ctx, run)) }
    },
    { ajaxOnly: true },
  ),
]

function specified(field: string, value: string | undefined): string {
  if (value) return value
  throw wrong(`CreatePromptlabRun request must specify ${field}.`)
}

/** Keys and values; the page sends numbers as they are. */
function pairsIn(source: Readonly<Record<string, unknown>>, field: string): [string, string][] {
  const items = source[field] ?? []
  if (!Array.isArray(items)) throw wrong(`The field ${field} is a list of keys and values.`)
  return items.map((item: unknown) => {
    const { key, value } = (item ?? {}) as Record<string, unknown>
    if (typeof key === 'string' && key !== '' && (value ?? null) !== null) {
      return [key, typeof value === 'string' ? value : JSON.stringify(value)]
    }
    throw wrong(`An item of the field ${field} has a key and a value.`)
  })
}

function wrong(message: string): Error {
  return mlflowError('INVALID_PARAMETER_VALUE', message)
}
