import { type SqlBool, sql } from 'kysely'
import { GyreError, invalid } from '#kernel/errors'
import type { Grammar, KeyRule } from '#kernel/filter/grammar'
import { parseFilter } from '#kernel/filter/parse-filter'
import { parseStored } from '#kernel/json'
import { offsetOf, offsetToken } from '#kernel/page-token'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context, experimentsWithin } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { compareSql } from '#domains/runs/index'
import { countIssueTraces, requireExperiment } from '#domains/traces/index'
import { type EvaluationTables, issueColumns, type IssueRow, readEvaluation } from './store.ts'

export const issueStatuses = ['pending', 'rejected', 'resolved'] as const
export const issueSeverities = ['not_an_issue', 'low', 'medium', 'high'] as const
export type IssueStatus = (typeof issueStatuses)[number]
export type IssueSeverity = (typeof issueSeverities)[number]

/** A problem with the quality of an application, found in its traces. */
export interface Issue {
  id: string
  experiment: string
  name: string
  description: string
  status: IssueStatus
  severity: IssueSeverity | undefined
  rootCauses: string[]
  categories: string[]
  sourceRun: string | undefined
  createdBy: string | undefined
  createdAt: number
  updatedAt: number
  /** How many traces refer to it; `undefined` when nobody asked. */
  traceCount: number | undefined
}

export interface NewIssue {
  project: string
  experiment: string
  name: string
  description: string
  status?: string | undefined
  severity?: string | undefined
  rootCauses: readonly string[]
  categories: readonly string[]
  sourceRun?: string | undefined
  createdBy?: string | undefined
}

/** Errors: `invalid`, `not_found` (experiment). */
export async function openIssue(ctx: Context, input: NewIssue): Promise<Issue> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, name, description } = input
  const { id: experiment } = await requireExperiment(ctx, reach, input.experiment)
  const now = ctx.clock()
  const row: IssueRow = {
    project,
    id: `iss-${ctx.newId()}`,
    experiment: Number(experiment),
    name: checkText('name', name, 250),
    description: checkText('description', description, 100_000),
    status: oneOf('IssueStatus', issueStatuses, input.status) ?? 'pending',
    severity: oneOf('IssueSeverity', issueSeverities, input.severity) ?? null,
    root_causes: JSON.stringify(input.rootCauses),
    categories: JSON.stringify(input.categories),
    source_run: input.sourceRun ?? null,
    created_by: input.createdBy ?? null,
    created_at: now,
    updated_at: now,
  }
  await commit(ctx, async (change) => {
    await change.sql<EvaluationTables>().insertInto('issues').values(row).execute()
    change.record({
      verb: 'issue.opened',
      subject: subject('issue', row.id),
      project,
      detail: { name, status: row.status },
    })
  })
  return issueFromRow(row)
}

/** Errors: `not_found`. */
export async function getIssue(
  ctx: Context,
  input: { project: string; issue: string },
): Promise<Issue> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const row = await readEvaluation(ctx)
    .selectFrom('issues')
    .select(issueColumns)
    .where('project', '=', input.project)
    .where('id', '=', input.issue)
    .executeTakeFirst()
  if (row === undefined) throw noIssue(input.issue)
  reach.require(String(row.experiment))
  return issueFromRow(row)
}

export interface IssueChange {
  project: string
  issue: string
  name?: string | undefined
  description?: string | undefined
  status?: string | undefined
  severity?: string | undefined
}

/** Errors: `not_found`, `invalid`. */
export async function changeIssue(ctx: Context, input: IssueChange): Promise<Issue> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, issue } = input
  const status = oneOf('IssueStatus', issueStatuses, input.status)
  const severity = oneOf('IssueSeverity', issueSeverities, input.severity)
  return commit(ctx, async (change) => {
    const row = await change
      .sql<EvaluationTables>()
      .updateTable('issues')
      .set({
        updated_at: ctx.clock(),
        ...(input.name === undefined ? {} : { name: checkText('name', input.name, 250) }),
        ...(input.description === undefined
          ? {}
          : { description: checkText('description', input.description, 100_000) }),
        ...(status === undefined ? {} : { status }),
        ...(severity === undefined ? {} : { severity }),
      })
      .where('project', '=', project)
      .where('id', '=', issue)
      .returning(issueColumns)
      .executeTakeFirst()
    if (row === undefined) throw noIssue(issue)
    reach.require(String(row.experiment))
    change.record({
      verb: 'issue.changed',
      subject: subject('issue', issue),
      project,
      detail: { name: row.name, status: row.status },
    })
    return issueFromRow(row)
  })
}

const text: KeyRule = { value: 'text', comparators: ['=', '!='] }
const grammar: Grammar<'attribute'> = {
  entities: {
    attribute: {
      aliases: ['attributes'],
      keys: { status: text, source_run_id: { ...text, means: 'source_run' } },
    },
  },
  plain: 'attribute',
  nullable: 'nothing',
}

export interface IssueSearch {
  project: string
  experiment?: string | undefined
  filter: string
  limit: number
  pageToken?: string | undefined
  countTraces: boolean
}

/** The most severe first, then the newest. Errors: `invalid`. */
export async function searchIssues(
  ctx: Context,
  input: IssueSearch,
): Promise<{ items: Issue[]; nextPageToken?: string }> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const offset = offsetOf(input.pageToken)
  const where = [
    sql<SqlBool>`project = ${input.project}`,
    ...experimentsWithin(reach, 'experiment'),
    ...parseFilter(grammar, input.filter).map(({ key, comparator, value }) =>
      compareSql(sql.ref(key), comparator, value),
    ),
  ]
  if (input.experiment !== undefined) {
    const number = /^\d{1,15}$/.test(input.experiment) ? Number(input.experiment) : -1
    where.push(sql<SqlBool>`experiment = ${number}`)
  }
  const ranks = issueSeverities.map((severity, rank) => sql`when ${severity} then ${sql.lit(rank)}`)
  const columns = sql.join(issueColumns.map((column) => sql.ref(column)))
  const { rows } = await sql<IssueRow>`
    select ${columns} from issues where ${sql.join(where, sql` and `)}
    order by case severity ${sql.join(ranks, sql` `)} else -1 end desc, created_at desc, id desc
    limit ${input.limit + 1} offset ${offset}`.execute(readEvaluation(ctx))
  const page = rows.slice(0, input.limit)
  const counts = input.countTraces
    ? await countIssueTraces(ctx, { project: input.project, issues: page.map((row) => row.id) })
    : undefined
  const items = page.map((row) => ({
    ...issueFromRow(row),
    traceCount: counts === undefined ? undefined : (counts.get(row.id) ?? 0),
  }))
  return rows.length <= input.limit
    ? { items }
    : { items, nextPageToken: offsetToken(offset + input.limit) }
}

function issueFromRow(row: IssueRow): Issue {
  return {
    id: row.id,
    experiment: String(row.experiment),
    name: row.name,
    description: row.description,
    status: row.status as IssueStatus,
    severity: (row.severity as IssueSeverity | null) ?? undefined,
    rootCauses: parseStored<string[]>(row.root_causes),
    categories: parseStored<string[]>(row.categories),
    sourceRun: row.source_run ?? undefined,
    createdBy: row.created_by ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    traceCount: undefined,
  }
}

function checkText(what: string, value: string, most: number): string {
  if (value !== '' && value.length <= most) return value
  throw invalid(`The ${what} of an issue has 1 to ${most} characters.`)
}

function oneOf<T extends string>(
  what: string,
  known: readonly T[],
  value: string | undefined,
): T | undefined {
  if (value === undefined || value === '') return undefined
  const found = known.find((each) => each === value)
  if (found !== undefined) return found
  throw invalid(`'${value.slice(0, 60)}' is not a valid ${what}. There are ${known.join(', ')}.`)
}

function noIssue(issue: string): GyreError {
  return new GyreError({
    code: 'not_found',
    public: `Issue with ID '${issue.slice(0, 120)}' not found`,
  })
}
