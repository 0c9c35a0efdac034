import { jensenShannonDistance } from '#science/distances'
import type { FrameColumn } from '#ports/frames/frames'
import type {
  ChangeReport,
  ColumnChange,
  ColumnProfile,
  DataFile,
  SchemaChange,
} from './dataset.ts'

/** One side of a comparison. */
export interface ComparedVersion {
  version: number
  files: readonly DataFile[]
  schema: readonly FrameColumn[]
  columns: readonly ColumnProfile[]
  rows: number | null
}

/** What is only in the later of two versions. */
export interface Arrived {
  rows: number | null
  columns: readonly ColumnProfile[]
}

const shownFiles = 200

/** Files that are new or have new content, by path. */
export function arrivedFiles(before: readonly DataFile[], after: readonly DataFile[]): DataFile[] {
  const known = new Map(before.map((file) => [file.path, file.sha256]))
  return after.filter((file) => known.get(file.path) !== file.sha256)
}

/** Says what changed from one version to another; `before` undefined: there was none. */
export function compareProfiles(
  before: ComparedVersion | undefined,
  after: ComparedVersion,
  arrived: Arrived,
): ChangeReport {
  const files = compareFiles(before?.files ?? [], after.files)
  const known = new Set(before?.files.map((file) => file.sha256))
  const fresh = new Map(
    after.files.filter((file) => !known.has(file.sha256)).map((file) => [file.sha256, file]),
  )
  const report = {
    from: before?.version ?? null,
    to: after.version,
    files,
    bytesNew: [...fresh.values()].reduce((sum, file) => sum + file.sizeBytes, 0),
    rows: after.rows,
    rowsBefore: before?.rows ?? null,
    rowsArrived: arrived.rows,
    schema: before === undefined ? [] : compareSchemas(before.schema, after.schema),
    columns: before === undefined ? [] : compareColumns(before.columns, after.columns, arrived),
  }
  return { ...report, sentence: describeChange(report) }
}

function compareFiles(
  before: readonly DataFile[],
  after: readonly DataFile[],
): ChangeReport['files'] {
  const old = new Map(before.map((file) => [file.path, file]))
  const changes: ChangeReport['files']['changes'] = []
  let unchanged = 0
  for (const { path, sha256, sizeBytes } of after) {
    const was = old.get(path)
    old.delete(path)
    if (was === undefined) changes.push({ path, change: 'added', sizeBytes })
    else if (was.sha256 !== sha256) changes.push({ path, change: 'modified', sizeBytes })
    else unchanged++
  }
  for (const { path, sizeBytes } of old.values()) {
    changes.push({ path, change: 'removed', sizeBytes })
  }
  const count = (kind: string): number => changes.filter((entry) => entry.change === kind).length
  return {
    added: count('added'),
    removed: count('removed'),
    modified: count('modified'),
    unchanged,
    changes: changes.slice(0, shownFiles),
  }
}

/** Whole numbers that become numbers break nobody; a column that goes or turns into text does. */
function compareSchemas(
  before: readonly FrameColumn[],
  after: readonly FrameColumn[],
): SchemaChange[] {
  const changes: SchemaChange[] = []
  const now = new Map(after.map((column) => [column.name, column]))
  for (const { name, type, nativeType } of before) {
    const column = now.get(name)
    if (column === undefined) {
      changes.push({ column: name, change: 'removed', from: nativeType, to: null, breaking: true })
    } else if (column.nativeType !== nativeType) {
      const breaking = column.type !== type && !(type === 'integer' && column.type === 'number')
      changes.push({
        column: name,
        change: 'retyped',
        from: nativeType,
        to: column.nativeType,
        breaking,
      })
    }
  }
  const old = new Set(before.map((column) => column.name))
  for (const { name, nativeType } of after) {
    if (old.has(name)) continue
    changes.push({ column: name, change: 'added', from: null, to: nativeType, breaking: false })
  }
  return changes
}

function compareColumns(
  before: readonly ColumnProfile[],
  after: readonly ColumnProfile[],
  arrived: Arrived,
): ColumnChange[] {
  const old = new Map(before.map((column) => [column.name, column]))
  const fresh = new Map(arrived.columns.map((column) => [column.name, column]))
  return after.flatMap((column) => {
    const was = old.get(column.name)
    const came = fresh.get(column.name)
    if (was === undefined) return []
    return [
      {
        name: column.name,
        distance: distanceOf(was, column),
        arrivedDistance: came === undefined ? null : distanceOf(was, came),
        nullRate: nullRate(column),
        nullRateBefore: nullRate(was),
        arrivedNullRate: came === undefined ? null : nullRate(came),
        mean: column.mean,
        meanBefore: was.mean,
        arrivedMean: came?.mean ?? null,
      },
    ]
  })
}

function nullRate({ nulls, rows }: ColumnProfile): number {
  return rows === 0 ? 0 : nulls / rows
}

/**
 * Jensen-Shannon distance of two profiles of a column; null where it would say nothing: for times,
 * which move on, for texts that hardly ever repeat, and for histograms with other edges.
 */
export function distanceOf(before: ColumnProfile, after: ColumnProfile): number | null {
  if (before.type === 'timestamp' || after.type === 'timestamp') return null
  const pair = pairOfHistograms(before, after) ?? pairOfCounts(before, after)
  if (pair === undefined) return null
  const [p, q] = pair
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)
  return total(p) === 0 || total(q) === 0 ? null : jensenShannonDistance(p, q)
}

function pairOfHistograms(
  { histogram: p }: ColumnProfile,
  { histogram: q }: ColumnProfile,
): [number[], number[]] | undefined {
  if (p === null || q === null || p.edges.length !== q.edges.length) return undefined
  return p.edges.every((edge, i) => edge === q.edges[i]) ? [p.counts, q.counts] : undefined
}

function pairOfCounts(
  before: ColumnProfile,
  after: ColumnProfile,
): [number[], number[]] | undefined {
  if (!before.topComplete || !after.topComplete) return undefined
  if (before.top.length === 0 || after.top.length === 0) return undefined
  const values = [...new Set([...before.top, ...after.top].map(({ value }) => value))]
  const countsOf = ({ top }: ColumnProfile): number[] => {
    const counts = new Map(top.map(({ value, count }) => [value, count]))
    return values.map((value) => counts.get(value) ?? 0)
  }
  return [countsOf(before), countsOf(after)]
}

function describeChange(report: Omit<ChangeReport, 'sentence'>): string {
  const { files, schema } = report
  const parts = [
    countText(files.added, 'file', 'added'),
    countText(files.modified, 'file', 'modified'),
    countText(files.removed, 'file', 'removed'),
    report.rowsArrived === null ? '' : `${report.rowsArrived.toLocaleString('en-US')} rows arrived`,
    ...schema.slice(0, 3).map(({ column, change }) => `column ${column} ${change}`),
    farthest(report.columns),
  ]
  const said = parts.filter((part) => part !== '')
  return said.length === 0 ? 'Nothing changed' : said.join(', ')
}

function countText(count: number, noun: string, verb: string): string {
  return count === 0
    ? ''
    : `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'} ${verb}`
}

function farthest(columns: readonly ColumnChange[]): string {
  const sorted = columns
    .map((column) => ({ name: column.name, distance: column.arrivedDistance ?? 0 }))
    .sort((a, b) => b.distance - a.distance)
  const [most] = sorted
  return most === undefined || most.distance === 0
    ? ''
    : `most different: ${most.name} (distance ${most.distance.toFixed(3)})`
}
