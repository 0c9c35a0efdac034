import type { Transaction } from 'kysely'
import { invalid, notFound } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { findExecution } from './find-pipeline.ts'
import { assertRunning } from './report-execution.ts'
import { endedStageStates, type StageState } from './status.ts'
import {
  type PipelinesTables,
  type PipelinesTransaction,
  readPipelines,
  stageRunColumns,
  type StageRunRow,
} from './store.ts'

/** Output kept of one stage; what comes after is dropped and said so. */
const longestLog = 32 * 1024 * 1024

export interface StageUpdate {
  project: string
  execution: string
  stage: string
  state?: StageState | undefined
  reason?: string | undefined
  exitCode?: number | null | undefined
  peakMemoryBytes?: number | null | undefined
  /** `offset`: where the text begins, in UTF-16 units; it makes a retry harmless. */
  log?: { offset: number; text: string } | undefined
}

/**
 * What a stage does now, and its new output. The record of it is made when the execution ends.
 * Errors: `not_found`, `conflict` when the execution ended.
 */
export async function reportStage(ctx: Context, input: StageUpdate): Promise<void> {
  authorize(ctx, 'editor', input.project)
  await ctx.tables.write<PipelinesTables, void>(async (tx) => {
    assertRunning(await findExecution(tx, input.project, input.execution))
    const row = await findStage(tx, input.execution, input.stage)
    const logged = input.log === undefined ? 0 : await appendLog(tx, row, input.log)
    await writeStage(tx, row, input, logged, ctx.clock())
    if (ctx.job !== undefined) {
      await ctx.queue.assertHeld(tx as unknown as Transaction<unknown>, ctx.job)
    }
  })
  ctx.pulse(subject('execution', input.execution))
}

async function findStage(
  db: PipelinesTransaction,
  execution: string,
  stage: string,
): Promise<StageRunRow> {
  const row = await db
    .selectFrom('stage_runs')
    .select(stageRunColumns)
    .where('execution_id', '=', execution)
    .where('stage', '=', stage)
    .executeTakeFirst()
  if (row === undefined) throw notFound(`stage of execution ${execution}`, stage.slice(0, 200))
  return row
}

async function writeStage(
  db: PipelinesTransaction,
  row: StageRunRow,
  input: StageUpdate,
  logged: number,
  now: number,
): Promise<void> {
  const state = input.state ?? (row.state as StageState)
  const ended = endedStageStates.includes(state)
  await db
    .updateTable('stage_runs')
    .set({
      state,
      reason: input.reason ?? row.reason,
      exit_code: input.exitCode === undefined ? row.exit_code : input.exitCode,
      peak_memory_bytes:
        input.peakMemoryBytes === undefined ? row.peak_memory_bytes : input.peakMemoryBytes,
      log_length: row.log_length + logged,
      started_at: row.started_at ?? (state === 'waiting' ? null : now),
      ended_at: ended ? (row.ended_at ?? now) : null,
    })
    .where('execution_id', '=', row.execution_id)
    .where('stage', '=', row.stage)
    .execute()
}

/** Adds what is new of a text and gives how much that was. */
async function appendLog(
  db: PipelinesTransaction,
  row: StageRunRow,
  log: { offset: number; text: string },
): Promise<number> {
  if (log.offset > row.log_length) {
    throw invalid(
      `Output of stage ${row.stage} is known up to ${row.log_length}, so ${log.offset} leaves a gap. Send from there.`,
    )
  }
  const room = Math.max(0, longestLog - row.log_length)
  const fresh = log.text.slice(row.log_length - log.offset).slice(0, room)
  // Programs print what they like; offsets stay what they are.
  const text = fresh.replaceAll('\0', '\ufffd')
  if (text === '') return 0
  const start = row.log_length
  await db
    .insertInto('stage_logs')
    .values({ execution_id: row.execution_id, stage: row.stage, start, text })
    .execute()
  return text.length
}

/** Output of a stage from an offset on. Errors: `not_found`. */
export async function readStageLog(
  ctx: Context,
  input: { project: string; execution: string; stage: string; offset: number; limit: number },
): Promise<{ text: string; nextOffset: number; complete: boolean }> {
  authorize(ctx, 'viewer', input.project)
  const db = readPipelines(ctx)
  await findExecution(db, input.project, input.execution)
  const stage = await findStage(db as PipelinesTransaction, input.execution, input.stage)
  const ended = endedStageStates.includes(stage.state as StageState)
  const first = await db
    .selectFrom('stage_logs')
    .select((eb) => eb.fn.max('start').as('start'))
    .where('execution_id', '=', input.execution)
    .where('stage', '=', input.stage)
    .where('start', '<=', input.offset)
    .executeTakeFirst()
  const from = first?.start ?? 0
  const rows = await db
    .selectFrom('stage_logs')
    .select(['start', 'text'])
    .where('execution_id', '=', input.execution)
    .where('stage', '=', input.stage)
    .where('start', '>=', from)
    .where('start', '<', input.offset + input.limit)
    .orderBy('start')
    .execute()
  const text = rows
    .map((row) => row.text)
    .join('')
    .slice(input.offset - from)
    .slice(0, input.limit)
  const nextOffset = Math.min(input.offset, stage.log_length) + text.length
  return { text, nextOffset, complete: ended && nextOffset >= stage.log_length }
}
