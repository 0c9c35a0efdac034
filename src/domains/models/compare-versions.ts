import { canonicalJson, parseStored, type Json } from '#kernel/json'
import { authorize, type Context } from '#domains/access/index'
import { type Estimates, metricNames } from './evaluation.ts'
import { findVersion } from './find-model.ts'
import type { VersionComparison } from './model.ts'
import { type ModelVersionRow, readModels } from './store.ts'
import { readEvaluation } from './stored-evaluation.ts'

/** How two versions differ in evidence and in making; `left` and `right` as for `getVersion`. */
export async function compareVersions(
  ctx: Context,
  input: { project: string; model: string; left: string | number; right: string | number },
): Promise<VersionComparison> {
  authorize(ctx, 'viewer', input.project)
  const db = readModels(ctx)
  const left = await findVersion(db, input.project, input.model, input.left)
  const right = await findVersion(db, input.project, input.model, input.right)
  const evaluations = [await readEvaluation(ctx, left), await readEvaluation(ctx, right)]
  const [rowsLeft, rowsRight] = evaluations.map((evaluation) => evaluation?.data.sha256)
  const features = difference(left, right, 'features')
  const inputs = difference(left, right, 'inputs')
  return {
    left: left.version,
    right: right.version,
    sameRows: rowsLeft !== undefined && rowsLeft === rowsRight,
    metrics: compareMetrics(
      parseStored<Estimates>(left.metrics),
      parseStored<Estimates>(right.metrics),
    ),
    options: compareOptions(optionsOf(left), optionsOf(right)),
    featuresAdded: features.added,
    featuresRemoved: features.removed,
    inputsAdded: inputs.added,
    inputsRemoved: inputs.removed,
    commits: { left: left.git_commit, right: right.git_commit },
  }
}

function compareMetrics(left: Estimates, right: Estimates): VersionComparison['metrics'] {
  return metricNames.flatMap((metric) => {
    const a = left[metric] ?? null
    const b = right[metric] ?? null
    if (a === null && b === null) return []
    const change = a === null || b === null ? null : b.value - a.value
    return [{ metric, left: a, right: b, difference: change }]
  })
}

function optionsOf(row: ModelVersionRow): Record<string, Json> {
  return { learner: row.learner, ...parseStored<Record<string, Json>>(row.options) }
}

function compareOptions(
  left: Record<string, Json>,
  right: Record<string, Json>,
): VersionComparison['options'] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].sort().flatMap((name) => {
    const a = left[name] ?? null
    const b = right[name] ?? null
    return canonicalJson(a) === canonicalJson(b) ? [] : [{ name, left: a, right: b }]
  })
}

function difference(
  left: ModelVersionRow,
  right: ModelVersionRow,
  column: 'features' | 'inputs',
): { added: string[]; removed: string[] } {
  const a = parseStored<string[]>(left[column])
  const b = parseStored<string[]>(right[column])
  return {
    added: b.filter((item) => !a.includes(item)),
    removed: a.filter((item) => !b.includes(item)),
  }
}
