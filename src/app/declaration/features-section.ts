import { GyreError } from '#kernel/errors'
import type { Context } from '#domains/access/index'
import {
  applyFeaturesDeclaration,
  listServices,
  listViews,
  parseFeaturesDeclaration,
  resolveFeatures,
} from '#domains/features/index'
import type { Repository } from './repository.ts'
import type { Declared, Section } from './section.ts'

/** A view or service is compared by its version: the hash of its definition. */
interface Versioned {
  name: string
  version: string | null
}

interface DeclaredFeatures {
  source: string
  views: Versioned[]
  services: Versioned[]
}

async function readDeclared(repository: Repository, ctx: Context): Promise<DeclaredFeatures> {
  const path = repository.section('features')
  if (path === undefined || path === null) return { source: '', views: [], services: [] }
  if (typeof path !== 'string') {
    throw new GyreError({ code: 'invalid', public: 'features: must name a file: features.yaml' })
  }
  const source = repository.file(path, 'features')
  const declaration = parseFeaturesDeclaration(source)
  const resolved = await resolveIfPossible(ctx, repository.project, declaration)
  const named = (names: readonly { name: string }[]): Versioned[] =>
    names.map(({ name }) => ({ name, version: null }))
  return {
    source,
    views:
      resolved?.views.map(({ version, definition: { name } }) => ({ name, version })) ??
      named(declaration.views),
    services:
      resolved?.services.map(({ version, definition: { name } }) => ({ name, version })) ??
      named(declaration.services),
  }
}

/** Views on data sets that this very declaration makes cannot be resolved before it is applied. */
async function resolveIfPossible(
  ctx: Context,
  project: string,
  declaration: Parameters<typeof resolveFeatures>[2],
): Promise<Awaited<ReturnType<typeof resolveFeatures>> | undefined> {
  try {
    return await resolveFeatures(ctx, project, declaration)
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'not_found') return undefined
    throw thrown
  }
}

function section(
  kind: string,
  members: 'views' | 'services',
  present: Section['present'],
): Section {
  return {
    kind,
    present,
    async declared(repository, ctx) {
      const features = await readDeclared(repository, ctx)
      const apply: Declared['apply'] = async (applying) => {
        const { project } = repository
        await applyFeaturesDeclaration(applying, { project, source: features.source })
      }
      return features[members].map(({ name, version }) => ({ name, value: { version }, apply }))
    },
  }
}

export const views = section('feature-view', 'views', async (ctx, project) => {
  const items = await listViews(ctx, { project, all: false })
  return new Map(items.map(({ name, version }) => [name, { version }]))
})

export const services = section('feature-service', 'services', async (ctx, project) => {
  const items = await listServices(ctx, { project, all: false })
  return new Map(items.map(({ name, version }) => [name, { version }]))
})
