import { resolve } from 'node:path'
import {
  createExperiment,
  deleteExperiment,
  type ExperimentInfo,
  getExperiment,
  noteTag,
  restoreExperiment,
  searchDatasets,
  searchExperiments,
  updateExperiment,
} from '#domains/runs/index'
import { mlflowError } from './errors.ts'
import { enumeration, int64, invalidValue, list, message, required, text } from './fields.ts'
import { checkLength, checkLoggedName, longest } from './limits.ts'
import { checkMaxResults } from './max-results.ts'
import { route } from './route.ts'
import { unlessEmpty } from './wire.ts'

export const viewType = enumeration({ ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 })
export type ViewType = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL'

const stateOf = { ACTIVE_ONLY: 'active', DELETED_ONLY: 'deleted', ALL: 'all' } as const

export function lifecycleOf(view: ViewType | undefined): 'active' | 'deleted' | 'all' {
  return stateOf[view ?? 'ACTIVE_ONLY']
}

const searchShape = {
  max_results: int64,
  page_token: text,
  filter: text,
  order_by: list(text),
  view_type: viewType,
}
const byId = { experiment_id: required(text) }

export const experimentRoutes = [
  route(
    'POST',
    'experiments/create',
    {
      name: required(text),
      artifact_location: text,
      tags: list(message({ key: text, value: text })),
    },
    async ({ ctx, project, input }) => {
      const { description, tags } = tagsOf(input.tags)
      const experiment = await createExperiment(ctx, {
        project,
        name: checkLength('name', 500, input.name),
        description,
        tags,
        artifactLocation: checkLocation(input.artifact_location ?? ''),
      })
      return { experiment_id: experiment.id }
    },
  ),
  route('GET', 'experiments/get', byId, async ({ ctx, project, input }) => {
    const experiment = await getExperiment(ctx, { project, experiment: idOf(input.experiment_id) })
    return { experiment: experimentOf(project, experiment) }
  }),
  route(
    'GET',
    'experiments/get-by-name',
    { experiment_name: required(text) },
    async ({ ctx, project, input }) => {
      const experiment = await getExperiment(ctx, {
        project,
        experiment: { name: input.experiment_name },
      })
      return { experiment: experimentOf(project, experiment) }
    },
  ),
  ...(['GET', 'POST'] as const).map((method) =>
    route(method, 'experiments/search', searchShape, async ({ ctx, project, input }) => {
      const page = await searchExperiments(ctx, {
        project,
        filter: input.filter ?? '',
        orderBy: input.order_by,
        state: lifecycleOf(input.view_type),
        limit: checkMaxResults(input.max_results, pageSizes),
        pageToken: input.page_token,
      })
      return {
        experiments: unlessEmpty(page.items.map((item) => experimentOf(project, item))),
        next_page_token: page.nextPageToken,
      }
    }),
  ),
  route('POST', 'experiments/delete', byId, async ({ ctx, project, input }) => {
    const experiment = idOf(input.experiment_id)
    checkState(await getExperiment(ctx, { project, experiment }), 'active')
    await deleteExperiment(ctx, { project, experiment })
    return {}
  }),
  route('POST', 'experiments/restore', byId, async ({ ctx, project, input }) => {
    const experiment = idOf(input.experiment_id)
    checkState(await getExperiment(ctx, { project, experiment }), 'deleted')
    await restoreExperiment(ctx, { project, experiment })
    return {}
  }),
  route(
    'POST',
    'experiments/update',
    { ...byId, new_name: required(text) },
    async ({ ctx, project, input }) => {
      const experiment = idOf(input.experiment_id)
      const { state } = await getExperiment(ctx, { project, experiment })
      if (state === 'deleted') {
        throw mlflowError('INVALID_STATE', 'Cannot rename a non-active experiment.')
      }
      const name = checkLength('name', 500, input.new_name)
      await updateExperiment(ctx, { project, experiment, name })
      return {}
    },
  ),
  route(
    'POST',
    'experiments/set-experiment-tag',
    { ...byId, key: required(text), value: text },
    async ({ ctx, project, input }) => {
      const experiment = idOf(input.experiment_id)
      const { description, tags } = tagsOf([input])
      await updateExperiment(ctx, { project, experiment, description, tags, onlyActive: true })
      return {}
    },
  ),
  route(
    'POST',
    'experiments/delete-experiment-tag',
    { ...byId, key: required(text) },
    async ({ ctx, project, input: { experiment_id: id, key } }) => {
      const experiment = idOf(id)
      const known = await getExperiment(ctx, { project, experiment })
      const tags = experimentTags(known)
      if (!tags.some((tag) => tag.key === key)) {
        throw mlflowError(
          'RESOURCE_DOES_NOT_EXIST',
          `No tag with name: ${key} in experiment with id ${id}`,
        )
      }
      const change = key === noteTag ? { description: '' } : { tags: { [key]: null } }
      await updateExperiment(ctx, { project, experiment, ...change, onlyActive: true })
      return {}
    },
  ),
  route(
    'POST',
    'experiments/search-datasets',
    { experiment_ids: list(text) },
    async ({ ctx, project, input }) => {
      const experiments = checkDatasetScope(input.experiment_ids)
      const found = await searchDatasets(ctx, { project, experiments })
      return {
        dataset_summaries: unlessEmpty(
          found.map(({ experiment, name, digest, context }) => ({
            experiment_id: experiment,
            name,
            digest,
            context: context ?? undefined,
          })),
        ),
      }
    },
  ),
]

const mostScoped = 20

function checkDatasetScope(ids: readonly string[]): number[] {
  const refuse = (why: string) => mlflowError('INVALID_PARAMETER_VALUE', why)
  if (ids.length === 0) {
    throw refuse('SearchDatasets request must specify at least one experiment_id.')
  }
  if (ids.length > mostScoped) {
    throw refuse(
      `SearchDatasets request cannot specify more than ${mostScoped} experiment_ids. ` +
        `Received ${ids.length} experiment_ids.`,
    )
  }
  return ids.map((id) => Number(idOf(id).id))
}

/** An experiment's id, as a client must write it: a decimal text. */
export function idOf(id: string): { id: string } {
  if (/^-?\d+$/.test(id.trim())) return { id: id.trim() }
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Invalid experiment ID '${id.slice(0, 200)}'. Experiment ID must be a valid integer.`,
  )
}

/** How many experiments or runs a page has. */
export const pageSizes = { usual: 1000, most: 50_000 }

function checkState(experiment: ExperimentInfo, state: ExperimentInfo['state']): void {
  if (experiment.state === state) return
  throw mlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `No Experiment with id=${experiment.id} exists: it is ${experiment.state}.`,
  )
}

const longestLocation = 2048

function checkLocation(location: string): string {
  if (location.startsWith('runs:')) {
    throw mlflowError(
      'INVALID_PARAMETER_VALUE',
      `Artifact location cannot be a runs:/ URI. Given: '${location.slice(0, 200)}'`,
    )
  }
  if (location.includes('#')) {
    throw mlflowError(
      'INVALID_PARAMETER_VALUE',
      "'artifact_location' URL can't include fragments or params.",
    )
  }
  if (location.length > longestLocation) {
    throw mlflowError(
      'INVALID_PARAMETER_VALUE',
      'Invalid artifact path length. The length of the artifact path cannot be greater than ' +
        `${longestLocation} characters.`,
    )
  }
  if (/\.\.(\/|$)|%2e|%5c|\0/i.test(location)) {
    throw invalidValue('artifact_location', location, 'It must not lead out of its place.')
  }
  // A place without a scheme is a path on the clients' machines, from where the server runs.
  return location === '' || /^[a-z][\w+.-]*:/i.test(location) ? location : resolve(location)
}

function tagsOf(given: readonly { key?: string | undefined; value?: string | undefined }[]): {
  description: string | undefined
  tags: Record<string, string>
} {
  const pairs = given.map(({ key = '', value = '' }): [string, string] => [
    checkLength('key', longest.key, checkLoggedName(key, 'key')),
    checkLength('value', longest.experimentTag, value),
  ])
  const { [noteTag]: description, ...tags } = Object.fromEntries(pairs)
  return { description, tags }
}

function experimentTags(experiment: Pick<ExperimentInfo, 'tags' | 'description'>) {
  const own = Object.entries(experiment.tags).map(([key, value]) => ({ key, value }))
  const { description } = experiment
  return description === '' ? own : [...own, { key: noteTag, value: description }]
}

function experimentOf(project: string, experiment: ExperimentInfo) {
  const { createdAt, updatedAt } = experiment
  return {
    experiment_id: experiment.id,
    name: experiment.name,
    artifact_location: experiment.artifactLocation,
    lifecycle_stage: experiment.state,
    // Default is there before anybody wrote to it.
    ...(createdAt === 0 ? {} : { last_update_time: updatedAt, creation_time: createdAt }),
    tags: unlessEmpty(experimentTags(experiment)),
    workspace: project,
  }
}
