import { z } from 'zod'
import { GyreError, invalid } from '#kernel/errors'
import { checkName } from '#kernel/names'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findPipeline, pipelineFromRow } from './find-pipeline.ts'
import type { Pipeline, PipelineStage } from './pipeline.ts'
import { normalise } from './stage.ts'
import {
  pipelineColumns,
  type PipelineRow,
  type PipelinesTables,
  type PipelinesTransaction,
  readPipelines,
} from './store.ts'

export interface PipelineChange {
  project: string
  pipeline: string
  /** Absolute, on the machine of the runner. */
  directory: string
  /** From the directory. */
  file: string
  /** As whoever read the file resolved them; absent: they stay as they are known. */
  stages?: readonly PipelineStage[] | undefined
}

/**
 * Registers a directory with a dvc.yaml, or changes where it is. Declaring the same again changes
 * nothing. Errors: `invalid`.
 */
export async function declarePipeline(ctx: Context, input: PipelineChange): Promise<Pipeline> {
  authorize(ctx, 'operator', input.project)
  const name = checkName('pipeline', input.pipeline)
  const directory = checkDirectory(input.directory)
  const file = normalise(input.file)
  if (file === '' || file.startsWith('..')) {
    throw invalid(`The file "${input.file.slice(0, 200)}" must lie in the pipeline's directory.`)
  }
  return commit(ctx, async (change) => {
    const db = change.sql<PipelinesTables>()
    const known = await db
      .selectFrom('pipelines')
      .select(pipelineColumns)
      .where('project', '=', input.project)
      .where('name', '=', name)
      .executeTakeFirst()
    const now = ctx.clock()
    const next: PipelineRow = {
      project: input.project,
      name,
      directory,
      file,
      stages: input.stages === undefined ? (known?.stages ?? '[]') : JSON.stringify(input.stages),
      problem: null,
      last_execution: known?.last_execution ?? null,
      created_at: known?.created_at ?? now,
      updated_at: now,
    }
    if (known !== undefined && sameDeclaration(known, next)) return pipelineFromRow(known)
    await writePipeline(db, next)
    change.record({
      verb: known === undefined ? 'pipeline.created' : 'pipeline.declared',
      subject: subject('pipeline', name),
      project: input.project,
      detail: { directory, file, stages: (input.stages ?? []).map((stage) => stage.name) },
    })
    return pipelineFromRow(next)
  })
}

async function writePipeline(db: PipelinesTransaction, row: PipelineRow): Promise<void> {
  const { directory, file, stages, updated_at } = row
  await db
    .insertInto('pipelines')
    .values(row)
    .onConflict((c) =>
      c
        .columns(['project', 'name'])
        .doUpdateSet({ directory, file, stages, problem: null, updated_at }),
    )
    .execute()
}

function sameDeclaration(a: PipelineRow, b: PipelineRow): boolean {
  return (
    a.directory === b.directory && a.file === b.file && a.stages === b.stages && a.problem === null
  )
}

function checkDirectory(directory: string): string {
  if (directory.startsWith('/') && !directory.includes('\0')) return `/${normalise(directory)}`
  throw invalid(
    `The directory "${directory.slice(0, 200)}" of a pipeline must be an absolute path.`,
  )
}

/** What the runner found in the file: its stages, or why it cannot be read. Not a change of will. */
export async function notePipelineStages(
  ctx: Context,
  input: {
    project: string
    pipeline: string
    stages?: readonly PipelineStage[] | undefined
    problem?: string | undefined
  },
): Promise<void> {
  authorize(ctx, 'operator', input.project)
  const problem = input.problem ?? null
  const stages = input.stages === undefined ? {} : { stages: JSON.stringify(input.stages) }
  await ctx.tables.write<PipelinesTables, unknown>((tx) =>
    tx
      .updateTable('pipelines')
      .set({ ...stages, problem })
      .where('project', '=', input.project)
      .where('name', '=', input.pipeline)
      .execute(),
  )
}

/** Registered pipelines by name. */
export async function listPipelines(
  ctx: Context,
  input: { project: string },
): Promise<{ items: Pipeline[] }> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readPipelines(ctx)
    .selectFrom('pipelines')
    .select(pipelineColumns)
    .where('project', '=', input.project)
    .orderBy('name')
    .execute()
  return { items: rows.map(pipelineFromRow) }
}

/** A registered pipeline. Errors: `not_found`. */
export async function getPipeline(
  ctx: Context,
  input: { project: string; pipeline: string },
): Promise<Pipeline> {
  authorize(ctx, 'viewer', input.project)
  return pipelineFromRow(await findPipeline(readPipelines(ctx), input.project, input.pipeline))
}

export interface PipelineDeclaration {
  name: string
  /** From the directory of gyre.yaml. */
  file: string
}

const declarationSchema = z.strictObject({ file: z.string().min(1).max(1024).default('dvc.yaml') })

/** Reads the section `pipelines:` of gyre.yaml. Errors: `invalid` names the pipeline. */
export function parsePipelinesDeclaration(section: unknown): PipelineDeclaration[] {
  if (section === undefined || section === null) return []
  if (typeof section !== 'object' || Array.isArray(section)) {
    throw invalid(
      'pipelines: must be a mapping from names to declarations such as {file: dvc.yaml}.',
    )
  }
  return Object.entries(section).map(([name, value]) => {
    const parsed = declarationSchema.safeParse(value ?? {})
    if (parsed.success) return { name: checkName('pipeline', name), file: parsed.data.file }
    const problem = parsed.error.issues.map((i) => `${i.path.join('.')} ${i.message}`).join('; ')
    throw new GyreError({ code: 'invalid', public: `pipelines.${name}: ${problem}.` })
  })
}
