import { declareModel, listModels, parseModelsDeclaration } from '#domains/models/index'
import type { Section } from './section.ts'

const models: Section = {
  kind: 'model',
  declared: (repository) =>
    parseModelsDeclaration(repository.section('models')).map(({ name, description, gate }) => ({
      name,
      value: { description, gate },
      apply: async (ctx) => {
        await declareModel(ctx, { project: repository.project, model: name, description, gate })
      },
    })),
  async present(ctx, project) {
    const { items } = await listModels(ctx, { project, limit: 1000 })
    return new Map(items.map(({ name, description, gate }) => [name, { description, gate }]))
  },
}

/** In the order in which they are made: each may name what comes before it. */
export const sections: readonly Section[] = [models]
