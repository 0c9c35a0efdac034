import { type FrameSession, quoteName } from '#ports/frames/frames'
import { parseExpression } from '#science/expression/parse'
import type { Table, Target } from './target.ts'

/** What a starting repository needs to know of a table. */
export interface TableProfile {
  rows: number
  /** Columns that can be learned from as they are. */
  features: string[]
  /** Columns that cannot, and why. */
  left: { name: string; why: string }[]
  /** The one column of time; null: none, or several. */
  timestamp: string | null
  /** Columns without a missing value. */
  complete: string[]
  /** Of numeric columns. */
  ranges: { name: string; minimum: number; maximum: number }[]
}

interface ColumnFacts {
  known: number
  different: number
  minimum: number | null
  maximum: number | null
}

export async function profileTable(
  session: FrameSession,
  table: Table,
  target: Target,
): Promise<TableProfile> {
  const [counted] = await session.rows<{ rows: number }>(
    `SELECT count(*) AS rows FROM ${table.scan}`,
  )
  const profile: TableProfile = {
    rows: counted?.rows ?? 0,
    features: [],
    left: [],
    timestamp: null,
    complete: [],
    ranges: [],
  }
  const inTarget = columnsIn(target.expression)
  const times = table.columns.filter(({ type }) => type === 'timestamp')
  profile.timestamp = times.length === 1 ? (times[0]?.name ?? null) : null
  for (const { name, type } of table.columns) {
    const isNumber = type === 'number' || type === 'integer'
    const facts = await factsOf(session, table, name, isNumber)
    if (facts.known === profile.rows) profile.complete.push(name)
    if (isNumber && facts.minimum !== null && facts.maximum !== null) {
      profile.ranges.push({ name, minimum: facts.minimum, maximum: facts.maximum })
    }
    const why = whyNot({
      type,
      facts,
      rows: profile.rows,
      isTarget: inTarget.has(name) || name === target.name,
    })
    if (why === undefined) profile.features.push(name)
    else profile.left.push({ name, why })
  }
  return profile
}

async function factsOf(
  session: FrameSession,
  { scan }: Table,
  column: string,
  isNumber: boolean,
): Promise<ColumnFacts> {
  const name = quoteName(column)
  const bounds = isNumber
    ? `CAST(min(${name}) AS DOUBLE) AS minimum, CAST(max(${name}) AS DOUBLE) AS maximum`
    : 'NULL::DOUBLE AS minimum, NULL::DOUBLE AS maximum'
  const [facts] = await session.rows<ColumnFacts & Record<string, number | null>>(
    `SELECT count(${name}) AS known, count(DISTINCT ${name}) AS different, ${bounds} FROM ${scan}`,
  )
  return facts ?? { known: 0, different: 0, minimum: null, maximum: null }
}

function whyNot(column: {
  type: string
  facts: ColumnFacts
  rows: number
  isTarget: boolean
}): string | undefined {
  const { type, facts, rows, isTarget } = column
  if (isTarget) return 'it is what is to be predicted'
  if (type === 'string') return 'it is text: make a number of it in a feature expression'
  if (type === 'timestamp') return 'it is a time: use hour(…) or weekday(…) in a feature expression'
  if (type === 'other') return 'its type cannot be learned from'
  if (facts.different <= 1) return 'it has one value only'
  if (type === 'integer' && facts.different === rows && rows > 100) return 'it looks like an id'
  return undefined
}

/** The columns that an expression reads. */
function columnsIn(expression: string): Set<string> {
  const names = new Set<string>()
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit)
    else if (typeof node === 'object' && node !== null) {
      const { kind, name } = node as { kind?: unknown; name?: unknown }
      if (kind === 'column' && typeof name === 'string') names.add(name)
      Object.values(node).forEach(visit)
    }
  }
  visit(parseExpression(expression))
  return names
}
