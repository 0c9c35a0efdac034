import { GyreError, invalid } from '#kernel/errors'
import type { Json } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import {
  assessmentFromRow,
  assessmentRow,
  checkAssessment,
  type NewAssessment,
  scoreOf,
} from './assessment-row.ts'
import { findTrace } from './read-traces.ts'
import {
  assessmentColumns,
  type AssessmentRow,
  readTraces,
  type TracesReader,
  type TracesTables,
} from './store.ts'
import type { Assessment, AssessmentError, AssessmentKind } from './trace.ts'

interface Place {
  project: string
  trace: string
}

/**
 * Says something of a trace. One that overrides another makes that one invalid.
 * Errors: `not_found` (trace, overridden assessment), `invalid`, `already_exists` (a given id).
 */
export async function createAssessment(
  ctx: Context,
  input: Place & { assessment: NewAssessment },
): Promise<Assessment> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, trace, assessment } = input
  checkAssessment(assessment)
  return commit(ctx, async (change) => {
    const db = change.sql<TracesTables>()
    await findTrace(db, reach, trace)
    if (assessment.overrides !== undefined) {
      await findAssessment(db, input, assessment.overrides)
      await markValid(db, input, assessment.overrides, false)
    }
    const row = assessmentRow(ctx, { project, trace_id: trace }, assessment)
    await db.insertInto('trace_assessments').values(row).execute()
    change.record({
      verb: 'trace.assessed',
      subject: subject('trace', trace),
      project,
      detail: { assessment: row.id, name: row.name, kind: row.kind, source: row.source_type },
    })
    return assessmentFromRow(row)
  })
}

/** Errors: `not_found`. */
export async function getAssessment(
  ctx: Context,
  input: Place & { assessment: string },
): Promise<Assessment> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const db = readTraces(ctx)
  await findTrace(db, reach, input.trace)
  return assessmentFromRow(await findAssessment(db, input, input.assessment))
}

export interface AssessmentChange extends Place {
  assessment: string
  name?: string | undefined
  value?: { kind: AssessmentKind; value: Json; error: AssessmentError | undefined } | undefined
  rationale?: string | undefined
  /** Added to what is there. */
  metadata?: Readonly<Record<string, string>> | undefined
}

/** Changes what was said; by whom stays. Errors: `not_found`, `invalid` (another kind of value). */
export async function updateAssessment(ctx: Context, input: AssessmentChange): Promise<Assessment> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, trace } = input
  return commit(ctx, async (change) => {
    const db = change.sql<TracesTables>()
    await findTrace(db, reach, trace)
    const before = await findAssessment(db, input, input.assessment)
    const row = changed(ctx, before, input)
    await db
      .updateTable('trace_assessments')
      .set(row)
      .where('project', '=', project)
      .where('trace_id', '=', trace)
      .where('id', '=', row.id)
      .execute()
    change.record({
      verb: 'trace.reassessed',
      subject: subject('trace', trace),
      project,
      detail: { assessment: row.id, name: row.name, kind: row.kind },
    })
    return assessmentFromRow(row)
  })
}

function changed(ctx: Context, row: AssessmentRow, input: AssessmentChange): AssessmentRow {
  const said = assessmentFromRow(row)
  const { value } = input
  if (value !== undefined && value.kind !== row.kind) {
    throw invalid(`Cannot update ${value.kind} value on ${named(row.kind)} assessment.`)
  }
  const next: NewAssessment = {
    ...said,
    name: input.name ?? said.name,
    value: value === undefined ? said.value : value.value,
  }
  checkAssessment(next)
  return {
    ...row,
    name: next.name,
    ...(value === undefined
      ? {}
      : {
          value: JSON.stringify(value.value),
          ...scoreOf(value.value),
          error: value.error === undefined ? null : JSON.stringify(value.error),
        }),
    rationale: input.rationale ?? row.rationale,
    metadata: JSON.stringify({ ...said.metadata, ...input.metadata }),
    updated_at: ctx.clock(),
  }
}

function named(kind: string): string {
  return kind === 'feedback' ? 'a Feedback' : kind === 'expectation' ? 'an Expectation' : 'an Issue'
}

/** Takes it back; one that it overrode is valid again. Without it there is nothing to do. Errors: `not_found` (trace). */
export async function deleteAssessment(
  ctx: Context,
  input: Place & { assessment: string },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, trace } = input
  await commit(ctx, async (change) => {
    const db = change.sql<TracesTables>()
    await findTrace(db, reach, trace)
    const row = await lookUpAssessment(db, input, input.assessment)
    if (row === undefined) return
    if (row.overrides !== null) await markValid(db, input, row.overrides, true)
    await db
      .deleteFrom('trace_assessments')
      .where('project', '=', project)
      .where('trace_id', '=', trace)
      .where('id', '=', row.id)
      .execute()
    change.record({
      verb: 'trace.unassessed',
      subject: subject('trace', trace),
      project,
      detail: { assessment: row.id, name: row.name, kind: row.kind },
    })
  })
}

async function markValid(
  db: TracesReader,
  { project, trace }: Place,
  id: string,
  valid: boolean,
): Promise<void> {
  await db
    .updateTable('trace_assessments')
    .set({ valid: valid ? 1 : 0 })
    .where('project', '=', project)
    .where('trace_id', '=', trace)
    .where('id', '=', id)
    .execute()
}

async function lookUpAssessment(
  db: TracesReader,
  { project, trace }: Place,
  id: string,
): Promise<AssessmentRow | undefined> {
  return db
    .selectFrom('trace_assessments')
    .select(assessmentColumns)
    .where('project', '=', project)
    .where('trace_id', '=', trace)
    .where('id', '=', id)
    .executeTakeFirst()
}

async function findAssessment(db: TracesReader, place: Place, id: string): Promise<AssessmentRow> {
  const row = await lookUpAssessment(db, place, id)
  if (row !== undefined) return row
  throw new GyreError({
    code: 'not_found',
    public: `Assessment with ID '${id.slice(0, 120)}' not found for trace '${place.trace.slice(0, 120)}'`,
  })
}
