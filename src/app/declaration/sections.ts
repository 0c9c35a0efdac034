import {
  applyDatasetsDeclaration,
  listDatasets,
  parseDatasetsDeclaration,
} from '#domains/data/index'
import {
  declareEndpoint,
  listEndpoints,
  parseEndpointsDeclaration,
} from '#domains/deployments/index'
import { declareModel, listModels, parseModelsDeclaration } from '#domains/models/index'
import { declareMonitor, listMonitors, parseMonitorsDeclaration } from '#domains/monitors/index'
import {
  declarePipeline,
  declareTrigger,
  describeStage,
  listPipelines,
  listTriggers,
  parsePipelinesDeclaration,
  type PipelineStage,
  parseTriggersDeclaration,
  removeTrigger,
  resolveStages,
} from '#domains/pipelines/index'
import { services, views } from './features-section.ts'
import type { Repository } from './repository.ts'
import type { Declared, Section } from './section.ts'

const datasets: Section = {
  kind: 'dataset',
  async declared(repository) {
    const { project } = repository
    const read = (path: string, place: string): string => repository.file(path, place)
    const declarations = parseDatasetsDeclaration(repository.section('datasets'), read)
    return declarations.map((declaration) => {
      const { name, ...value } = declaration
      const apply: Declared['apply'] = async (ctx) => {
        await applyDatasetsDeclaration(ctx, { project, declaration })
      }
      return { name, value, apply }
    })
  },
  async present(ctx, project) {
    const items = await listDatasets(ctx, { project })
    return new Map(
      items.map(({ name, description, path, timestamp, knownAt, expectations }) => [
        name,
        { description, path, timestamp, knownAt, expectations },
      ]),
    )
  },
}

const pipelines: Section = {
  kind: 'pipeline',
  async declared(repository) {
    const { project, directory } = repository
    const declarations = parsePipelinesDeclaration(repository.section('pipelines'))
    return Promise.all(
      declarations.map(async ({ name, file }) => {
        repository.file(file, `pipelines.${name}.file`)
        const stages = await stagesOf(repository, file)
        const apply: Declared['apply'] = async (ctx) => {
          await declarePipeline(ctx, { project, pipeline: name, directory, file, stages })
        }
        return { name, value: { directory, file, stages }, apply }
      }),
    )
  },
  async present(ctx, project) {
    const { items } = await listPipelines(ctx, { project })
    return new Map(
      items.map(({ name, directory, file, stages }) => [name, { directory, file, stages }]),
    )
  },
}

/** The stages that the pipeline's own file and its parameters give. */
async function stagesOf(repository: Repository, file: string): Promise<PipelineStage[]> {
  const stages = await resolveStages(async (path) => repository.files[path], file)
  return stages.map(describeStage)
}

const models: Section = {
  kind: 'model',
  async declared(repository) {
    const { project } = repository
    const declarations = parseModelsDeclaration(repository.section('models'))
    return declarations.map(({ name, ...value }) => ({
      name,
      value,
      apply: async (ctx) => {
        await declareModel(ctx, { project, model: name, ...value })
      },
    }))
  },
  async present(ctx, project) {
    const { items } = await listModels(ctx, { project, limit: 1000 })
    return new Map(
      items.map(({ name, description, gate, guards }) => [name, { description, gate, guards }]),
    )
  },
}

const endpoints: Section = {
  kind: 'endpoint',
  async declared(repository) {
    const { project } = repository
    const declarations = parseEndpointsDeclaration(repository.section('endpoints'))
    return declarations.map(({ name, ...value }) => ({
      name,
      value,
      apply: async (ctx) => {
        await declareEndpoint(ctx, { project, endpoint: name, ...value })
      },
    }))
  },
  async present(ctx, project) {
    const { items } = await listEndpoints(ctx, { project })
    return new Map(
      items.map(({ name, model, featureService, policy }) => [
        name,
        { model, featureService, policy },
      ]),
    )
  },
}

const monitors: Section = {
  kind: 'monitor',
  async declared(repository) {
    const { project } = repository
    const declarations = parseMonitorsDeclaration(repository.section('monitors'))
    return declarations.map(({ name, settings }) => ({
      name,
      value: settings,
      apply: async (ctx) => {
        await declareMonitor(ctx, { project, monitor: name, settings })
      },
    }))
  },
  async present(ctx, project) {
    const { items } = await listMonitors(ctx, { project })
    return new Map(items.map(({ name, settings }) => [name, settings]))
  },
}

const triggers: Section = {
  kind: 'trigger',
  async declared(repository) {
    const { project } = repository
    const declarations = parseTriggersDeclaration(repository.section('triggers'))
    return declarations.map(({ name, declaration }) => ({
      name,
      value: declaration,
      apply: async (ctx) => {
        await declareTrigger(ctx, { project, trigger: name, declaration })
      },
    }))
  },
  async present(ctx, project) {
    const { items } = await listTriggers(ctx, { project })
    return new Map(items.map(({ name, declaration }) => [name, declaration]))
  },
  remove: (ctx, project, name) => removeTrigger(ctx, { project, trigger: name }),
}

/** In the order in which they are made: each may name what comes before it. */
export const sections: readonly Section[] = [
  datasets,
  views,
  services,
  pipelines,
  models,
  endpoints,
  monitors,
  triggers,
]
