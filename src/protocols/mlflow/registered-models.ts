import { GyreError } from '#kernel/errors'
import type { Context } from '#domains/access/index'
import { deleteUnservedModel } from '#domains/deployments/index'
import {
  createModel,
  getModel,
  latestByStage,
  type Model,
  renameModel,
  searchModels,
  removeAlias,
  setAlias,
  updateModel,
} from '#domains/models/index'
import { mlflowError } from './errors.ts'
import { int64, list, message, required, text } from './fields.ts'
import { checkMaxResults } from './max-results.ts'
import {
  checkName,
  checkTagKey,
  checkTagValue,
  noModel,
  noVersion,
  orMissing,
  registeredModelOf,
  tagsFrom,
  versionFrom,
} from './registry-wire.ts'
import { route } from './route.ts'
import { unlessEmpty } from './wire.ts'

const named = { name: required(text) }
const tagged = { ...named, key: required(text) }
const aliased = { ...named, alias: required(text) }
const tag = message({ key: text, value: text })

export const registeredModelRoutes = [
  route(
    'POST',
    'registered-models/create',
    { ...named, tags: list(tag), description: text, deployment_job_id: text },
    async ({ ctx, project, input }) => {
      const model = checkName(input.name)
      const tags = tagsFrom(input.tags)
      const { description } = input
      const made = await orTaken(
        ctx,
        project,
        createModel(ctx, { project, model, tags, description }),
        model,
        isPrompt(tags),
      )
      return { registered_model: registeredModelOf(made, []) }
    },
  ),
  route(
    'POST',
    'registered-models/rename',
    { ...named, new_name: required(text) },
    async ({ ctx, project, input }) => {
      const model = checkName(input.name)
      const name = checkName(input.new_name, 'new_name')
      const renaming = renameModel(ctx, { project, model, name })
      const renamed = await orTaken(ctx, project, orMissing(renaming, noModel(model)), name, false)
      return { registered_model: await describe(ctx, project, renamed) }
    },
  ),
  route(
    'PATCH',
    'registered-models/update',
    { ...named, description: text, deployment_job_id: text },
    async ({ ctx, project, input }) => {
      const model = checkName(input.name)
      const description = input.description ?? ''
      const updated = await orMissing(
        updateModel(ctx, { project, model, description }),
        noModel(model),
      )
      return { registered_model: await describe(ctx, project, updated) }
    },
  ),
  route('DELETE', 'registered-models/delete', named, async ({ ctx, project, input }) => {
    const model = checkName(input.name)
    await orMissing(deleteUnservedModel(ctx, { project, model }), noModel(model))
    return {}
  }),
  route('GET', 'registered-models/get', named, async ({ ctx, project, input }) => {
    const model = checkName(input.name)
    const found = await orMissing(getModel(ctx, { project, model }), noModel(model))
    return { registered_model: await describe(ctx, project, found) }
  }),
  route(
    'GET',
    'registered-models/search',
    { filter: text, max_results: int64, order_by: list(text), page_token: text },
    async ({ ctx, project, input }) => {
      const page = await searchModels(ctx, {
        project,
        filter: input.filter ?? '',
        orderBy: input.order_by,
        limit: checkMaxResults(input.max_results, { usual: 100, most: 1000 }),
        pageToken: input.page_token,
      })
      const models = page.items.map((model) => model.name)
      const latest = await latestByStage(ctx, { project, models })
      return {
        registered_models: unlessEmpty(
          page.items.map((model) => registeredModelOf(model, latest.get(model.name) ?? [])),
        ),
        next_page_token: page.nextPageToken,
      }
    },
  ),
  route(
    'POST',
    'registered-models/set-tag',
    { ...tagged, value: text },
    async ({ ctx, project, input }) => {
      const model = checkName(input.name)
      const tags = { [checkTagKey(input.key)]: checkTagValue(input.value ?? '') }
      await orMissing(updateModel(ctx, { project, model, tags }), noModel(model))
      return {}
    },
  ),
  route('DELETE', 'registered-models/delete-tag', tagged, async ({ ctx, project, input }) => {
    const model = checkName(input.name)
    const tags = { [checkTagKey(input.key)]: null }
    await orMissing(updateModel(ctx, { project, model, tags }), noModel(model))
    return {}
  }),
  route(
    'POST',
    'registered-models/alias',
    { ...aliased, version: required(text) },
    async ({ ctx, project, input }) => {
      const model = checkName(input.name)
      const alias = checkAlias(input.alias)
      refuseReserved(alias)
      const version = versionFrom(input.version)
      const reason = 'Set by a client of MLflow.'
      await orMissing(
        setAlias(ctx, { project, model, alias, version, reason }),
        noVersion(model, version),
      )
      return {}
    },
  ),
  route('DELETE', 'registered-models/alias', aliased, async ({ ctx, project, input }) => {
    const model = checkName(input.name)
    const alias = checkAlias(input.alias)
    const found = await orMissing(getModel(ctx, { project, model }), noModel(model))
    if (!found.aliases.some((pointer) => pointer.alias === alias.normalize('NFC'))) return {}
    const reason = 'Removed by a client of MLflow.'
    await orMissing(removeAlias(ctx, { project, model, alias, reason }), noModel(model))
    return {}
  }),
]

async function describe(ctx: Context, project: string, model: Model) {
  const latest = await latestByStage(ctx, { project, models: [model.name] })
  return registeredModelOf(model, latest.get(model.name) ?? [])
}

function isPrompt(tags: Readonly<Record<string, string>>): boolean {
  return Object.hasOwn(tags, 'mlflow.prompt.is_prompt')
}

/** MLflow tells apart whether a model or a prompt has the name. */
async function orTaken<T>(
  ctx: Context,
  project: string,
  work: Promise<T>,
  name: string,
  prompt: boolean,
): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    if (!(thrown instanceof GyreError) || thrown.code !== 'already_exists') throw thrown
    const known = await getModel(ctx, { project, model: name })
    const [old, new_] = [isPrompt(known.tags), prompt].map((is) =>
      is ? 'Prompt' : 'Registered Model',
    )
    throw mlflowError(
      'RESOURCE_ALREADY_EXISTS',
      old === new_
        ? `${new_} (name=${name}) already exists.`
        : `Tried to create a ${new_?.toLowerCase()} with name '${name}', but the name is already taken by a ` +
            `${old?.toLowerCase()}. MLflow does not allow creating a model and a prompt with the same name.`,
    )
  }
}

/** Refuses what MLflow takes for no alias. */
export function checkAlias(alias: string): string {
  if (!/^[\p{L}\p{N}\p{M}_-]*$/u.test(alias)) {
    throw mlflowError(
      'INVALID_PARAMETER_VALUE',
      `Invalid alias name: '${alias.slice(0, 300)}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    )
  }
  if (alias.length <= 255) return alias
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    "'Registered model alias name' exceeds the maximum length of 255 characters",
  )
}

function refuseReserved(alias: string): void {
  const text = alias.toLowerCase()
  if (text === 'latest') {
    throw mlflowError(
      'INVALID_PARAMETER_VALUE',
      "'latest' alias name (case insensitive) is reserved.",
    )
  }
  if (/^v\d+$/.test(text)) {
    throw mlflowError('INVALID_PARAMETER_VALUE', `Version alias name '${alias}' is reserved.`)
  }
}
