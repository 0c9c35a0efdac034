import { deleteUnservedVersion } from '#domains/deployments/index'
import {
  getModel,
  getVersion,
  latestByStage,
  type ModelVersion,
  registerSource,
  searchVersions,
  setStage,
  stageOf,
  updateVersion,
} from '#domains/models/index'
import { mlflowError } from './errors.ts'
import { boolean, int64, list, message, required, text } from './fields.ts'
import { checkMaxResults } from './max-results.ts'
import { checkAlias } from './registered-models.ts'
import {
  checkName,
  checkTagKey,
  checkTagValue,
  modelVersionOf,
  noModel,
  noVersion,
  orMissing,
  tagsFrom,
  versionFrom,
} from './registry-wire.ts'
import { type Call, route } from './route.ts'
import { downloadAddress } from './version-tree.ts'
import { unlessEmpty } from './wire.ts'

const named = { name: required(text) }
const versioned = { ...named, version: required(text) }
const tagged = { ...versioned, key: required(text) }

/** The address of a version, checked as MLflow does, and what it says when it is not there. */
function addressOf({ project, input }: Pick<Call<typeof versioned>, 'project' | 'input'>) {
  const model = checkName(input.name)
  const version = versionFrom(input.version)
  return { at: { project, model, version }, missing: noVersion(model, version) }
}

export const modelVersionRoutes = [
  route(
    'POST',
    'model-versions/create',
    {
      ...named,
      source: required(text),
      run_id: text,
      run_link: text,
      description: text,
      model_id: text,
      tags: list(message({ key: text, value: text })),
    },
    async ({ ctx, project, input }) => {
      const model = checkName(input.name)
      await orMissing(getModel(ctx, { project, model }), noModel(model))
      const version = await registerSource(ctx, {
        project,
        model,
        source: input.source,
        run: unlessBlank(input.run_id),
        loggedModel: unlessBlank(input.model_id),
        runLink: unlessBlank(input.run_link),
        description: input.description,
        tags: tagsFrom(input.tags),
      })
      return { model_version: modelVersionOf(version) }
    },
  ),
  route('GET', 'model-versions/get', versioned, async (call) => {
    const { at, missing } = addressOf(call)
    const version = await orMissing(getVersion(call.ctx, at), missing)
    return { model_version: modelVersionOf(version) }
  }),
  route('PATCH', 'model-versions/update', { ...versioned, description: text }, async (call) => {
    const { at, missing } = addressOf(call)
    const description = call.input.description ?? ''
    const version = await orMissing(updateVersion(call.ctx, { ...at, description }), missing)
    return { model_version: modelVersionOf(version) }
  }),
  route(
    'POST',
    'model-versions/transition-stage',
    { ...versioned, stage: required(text), archive_existing_versions: boolean },
    async (call) => {
      const { at, missing } = addressOf(call)
      const { stage, archive_existing_versions: archiveOthers = false } = call.input
      const reason = 'Moved by a client of MLflow.'
      const moving = setStage(call.ctx, { ...at, stage, archiveOthers, reason })
      return { model_version: modelVersionOf(await orMissing(moving, missing)) }
    },
  ),
  route('DELETE', 'model-versions/delete', versioned, async (call) => {
    const { at, missing } = addressOf(call)
    await orMissing(deleteUnservedVersion(call.ctx, at), missing)
    return {}
  }),
  route('GET', 'model-versions/get-download-uri', versioned, async (call) => {
    const { at, missing } = addressOf(call)
    const version = await orMissing(getVersion(call.ctx, at), missing)
    return { artifact_uri: downloadAddress(version) }
  }),
  route(
    'GET',
    'model-versions/search',
    { filter: text, max_results: int64, order_by: list(text), page_token: text },
    async ({ ctx, project, input }) => {
      const page = await searchVersions(ctx, {
        project,
        filter: input.filter ?? '',
        orderBy: input.order_by,
        limit: checkMaxResults(input.max_results, { usual: 10_000, most: 200_000 }),
        pageToken: input.page_token,
      })
      return {
        model_versions: unlessEmpty(page.items.map(modelVersionOf)),
        next_page_token: page.nextPageToken,
      }
    },
  ),
  route('POST', 'model-versions/set-tag', { ...tagged, value: text }, async (call) => {
    const { at, missing } = addressOf(call)
    const tags = { [checkTagKey(call.input.key)]: checkTagValue(call.input.value ?? '') }
    await orMissing(updateVersion(call.ctx, { ...at, tags }), missing)
    return {}
  }),
  route('DELETE', 'model-versions/delete-tag', tagged, async (call) => {
    const { at, missing } = addressOf(call)
    const tags = { [checkTagKey(call.input.key)]: null }
    await orMissing(updateVersion(call.ctx, { ...at, tags }), missing)
    return {}
  }),
  ...(['GET', 'POST'] as const).map((method) =>
    route(
      method,
      'registered-models/get-latest-versions',
      { ...named, stages: list(text) },
      async ({ ctx, project, input }) => {
        const model = checkName(input.name)
        const stages = input.stages.length === 0 ? undefined : input.stages.map(stageOf)
        const { name } = await orMissing(getModel(ctx, { project, model }), noModel(model))
        const latest = await latestByStage(ctx, { project, models: [name], stages })
        return { model_versions: unlessEmpty((latest.get(name) ?? []).map(modelVersionOf)) }
      },
    ),
  ),
  route(
    'GET',
    'registered-models/alias',
    { ...named, alias: required(text) },
    async ({ ctx, project, input }) => {
      const model = checkName(input.name)
      const alias = checkAlias(input.alias)
      return { model_version: modelVersionOf(await byAlias(ctx, project, model, alias)) }
    },
  ),
]

async function byAlias(
  ctx: Call['ctx'],
  project: string,
  model: string,
  alias: string,
): Promise<ModelVersion> {
  const found = await orMissing(getModel(ctx, { project, model }), noModel(model))
  if (alias.toLowerCase() === 'latest') {
    const reading = getVersion(ctx, { project, model, version: 'latest' })
    return orMissing(reading, `Latest version not found for model ${model}.`)
  }
  const pointer = found.aliases.find((one) => one.alias === alias.normalize('NFC'))
  if (pointer === undefined) {
    throw mlflowError('INVALID_PARAMETER_VALUE', `Registered model alias ${alias} not found.`)
  }
  const { version } = pointer
  return orMissing(getVersion(ctx, { project, model, version }), noVersion(model, version))
}

function unlessBlank(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
