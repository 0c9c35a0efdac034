import { parseStored, type Json } from '#kernel/json'
import type { Context } from '#domains/access/index'
import { metricNumber } from '#domains/runs/index'
import { authorizeModel } from './authorize-model.ts'
import { addedAndRemoved, differing, type Sides } from './differing.ts'
import { type Estimates, metricNames } from './evaluation.ts'
import { findVersion } from './find-model.ts'
import type { Measured } from './measured.ts'
import type { ModelSignature, VersionComparison, VersionFile } from './model.ts'
import { type ModelVersionRow, readModels } from './store.ts'
import { readEvaluation } from './stored-evaluation.ts'
import { type DataInput, readMaking, type VersionMaking } from './version-making.ts'

/** How two versions differ in evidence and in making; `left` and `right` as for `getVersion`. */
export async function compareVersions(
  ctx: Context,
  input: { project: string; model: string; left: string | number; right: string | number },
): Promise<VersionComparison> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  const left = await findVersion(db, input.project, input.model, input.left)
  const right = await findVersion(db, input.project, input.model, input.right)
  const rows: Sides<ModelVersionRow> = { left, right }
  const making = { left: await readMaking(ctx, left), right: await readMaking(ctx, right) }
  return {
    left: left.version,
    right: right.version,
    sameRows: await onSameRows(ctx, rows),
    metrics: compareMetrics(
      parseStored<Estimates>(left.metrics),
      parseStored<Estimates>(right.metrics),
    ),
    ...compareTexts(rows, making),
    ...compareFiles(rows),
    commits: { left: commitOf(left, making.left), right: commitOf(right, making.right) },
  }
}

/** The version's own, or else its run's. */
export function commitOf(row: ModelVersionRow, { run }: VersionMaking): string | null {
  return row.git_commit ?? run?.environment.gitCommit ?? null
}

async function onSameRows(ctx: Context, rows: Sides<ModelVersionRow>): Promise<boolean> {
  const left = (await readEvaluation(ctx, rows.left))?.data.sha256
  const right = (await readEvaluation(ctx, rows.right))?.data.sha256
  return left !== undefined && left === right
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

function compareTexts(rows: Sides<ModelVersionRow>, making: Sides<VersionMaking>) {
  const { left, right } = rows
  const features = addedAndRemoved(listOf(left.features), listOf(right.features))
  const inputs = addedAndRemoved(listOf(left.inputs), listOf(right.inputs))
  return {
    logged: compareLogged(making.left.measured, making.right.measured),
    options: differing(optionsOf(left), optionsOf(right)),
    parameters: differing(making.left.parameters, making.right.parameters),
    packages: differing(making.left.packages, making.right.packages),
    signature: compareSignatures(rows),
    featuresAdded: features.added,
    featuresRemoved: features.removed,
    inputsAdded: inputs.added,
    inputsRemoved: inputs.removed,
    data: compareData(making.left.data, making.right.data),
  }
}

function listOf(text: string): string[] {
  return parseStored<string[]>(text)
}

/** Every metric that was logged on either side, the same ones as well. */
function compareLogged(left: Measured | null, right: Measured | null): VersionComparison['logged'] {
  const keys = new Set([...Object.keys(left?.metrics ?? {}), ...Object.keys(right?.metrics ?? {})])
  return [...keys].sort().map((key) => {
    const a = left?.metrics[key]?.value
    const b = right?.metrics[key]?.value
    const change = a === undefined || b === undefined ? NaN : b - a
    return {
      metric: key,
      left: a === undefined ? null : metricNumber(a),
      right: b === undefined ? null : metricNumber(b),
      difference: Number.isFinite(change) ? change : null,
    }
  })
}

function optionsOf(row: ModelVersionRow): Record<string, Json> {
  return { learner: row.learner, ...parseStored<Record<string, Json>>(row.options) }
}

function compareSignatures({ left, right }: Sides<ModelVersionRow>) {
  const a = parseStored<ModelSignature>(left.signature)
  const b = parseStored<ModelSignature>(right.signature)
  const typesOf = (columns: ModelSignature['inputs']): Record<string, string> =>
    Object.fromEntries(columns.map(({ name, type }) => [name, type]))
  return {
    inputs: differing(typesOf(a.inputs), typesOf(b.inputs)),
    outputs: differing(typesOf(a.outputs), typesOf(b.outputs)),
    isReordered:
      a.inputs.map(({ name }) => name).join('\n') !== b.inputs.map(({ name }) => name).join('\n') &&
      a.inputs.length === b.inputs.length &&
      differing(typesOf(a.inputs), typesOf(b.inputs)).length === 0,
  }
}

/** Of the data sets that both or one was made from: which version, and how many rows it had. */
function compareData(
  left: readonly DataInput[],
  right: readonly DataInput[],
): VersionComparison['data'] {
  const names = new Set([...left, ...right].map(({ dataset }) => dataset))
  return [...names].sort().map((dataset) => ({
    dataset,
    left: partOf(left.find((each) => each.dataset === dataset)),
    right: partOf(right.find((each) => each.dataset === dataset)),
  }))
}

function partOf(input: DataInput | undefined) {
  return input === undefined ? null : { version: input.version, rows: input.rows }
}

function compareFiles({ left, right }: Sides<ModelVersionRow>) {
  const a = new Map(parseStored<VersionFile[]>(left.files).map((file) => [file.path, file]))
  const b = new Map(parseStored<VersionFile[]>(right.files).map((file) => [file.path, file]))
  const paths = [...new Set([...a.keys(), ...b.keys()])].sort()
  const changed = paths.filter((path) => a.get(path)?.sha256 !== b.get(path)?.sha256)
  const sizeOf = (files: ReadonlyMap<string, VersionFile>): number =>
    [...files.values()].reduce((sum, file) => sum + file.sizeBytes, 0)
  const fileOf = (file: VersionFile | undefined) =>
    file === undefined ? null : { sha256: file.sha256, sizeBytes: file.sizeBytes }
  return {
    files: changed.map((path) => ({ path, left: fileOf(a.get(path)), right: fileOf(b.get(path)) })),
    filesUnchanged: paths.length - changed.length,
    sizeBytes: { left: sizeOf(a), right: sizeOf(b) },
  }
}
