import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { lineage } from '#domains/journal/index'
import { findDataset } from './dataset.ts'
import { readVersion, type VersionReference } from './read-versions.ts'
import { readData } from './store.ts'
import { type Hold, listHolds } from './upkeep/holds.ts'

/** A thing that was made of a version, or decided on it. */
export interface Use {
  subject: string
  kind: string
  /** Steps of lineage away: 1 for what used the version itself. */
  distance: number
  /** What it was made of on the way; the version itself for what is one step away. */
  through: string
}

export interface VersionUses {
  dataset: string
  version: number
  uses: Use[]
  /** There are more uses than are told. */
  truncated: boolean
  holds: Hold[]
  /** Whatever asks for the data set without saying which version gets this one. */
  latest: boolean
}

const mostUses = 500
const furthest = 8

/**
 * What a version of a data set is used for, nearest first, from the journal's lineage: runs, models,
 * releases, executions, feature views, monitors, alarms; and what holds it. Other versions of data
 * sets and mere records are left out. Errors: `not_found`.
 */
export async function listUses(ctx: Context, input: VersionReference): Promise<VersionUses> {
  authorize(ctx, 'viewer', input.project)
  const dataset = await findDataset(readData(ctx), input.project, input.dataset)
  const { version, latest } = await readVersion(ctx, dataset, input.version)
  const found = await lineage(ctx, input.project, subject('data', dataset.name, version), {
    direction: 'down',
    depth: furthest,
    limit: mostUses,
  })
  const distances = new Map(found.nodes.map((node) => [node.subject as string, node.distance]))
  const through = new Map<string, string>()
  for (const { source, target } of found.edges) {
    const step = (distances.get(target) ?? 0) - (distances.get(source) ?? 0)
    if (step === 1 && !through.has(target)) through.set(target, source)
  }
  const uses = found.nodes
    .filter(({ kind, distance }) => distance > 0 && kind !== 'data' && kind !== 'record')
    .map(({ subject: name, kind, distance }) => ({
      subject: name,
      kind,
      distance,
      through: through.get(name) ?? found.subject,
    }))
  const holds = await listHolds(ctx, input)
  return {
    dataset: dataset.name,
    version,
    uses: uses.toSorted((a, b) => a.distance - b.distance || a.kind.localeCompare(b.kind)),
    truncated: found.truncated,
    holds: holds.filter(
      (hold) => hold.dataset === dataset.name && (hold.version ?? version) === version,
    ),
    latest,
  }
}
