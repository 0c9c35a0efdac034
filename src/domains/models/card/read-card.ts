import { parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { journalHead, lineage } from '#domains/journal/index'
import { type DatasetInput, getLoggedRun, type LoggedRun } from '#domains/runs/index'
import { aliasMoveColumns, aliasMoveFromRow } from '../alias-history.ts'
import { describeModel, describeVersion } from '../describe-models.ts'
import type { Evaluation } from '../evaluation.ts'
import { findModel, findVersion } from '../find-model.ts'
import { lastDecision } from '../gate-case.ts'
import type { GateFinding } from '../gate-evidence.ts'
import { type Licence, licenceOf } from '../licence.ts'
import { unlessOutOfReach } from '../measured.ts'
import { originOf } from '../transfer/origin.ts'
import type { Manifest } from '../transfer/manifest.ts'
import type { AliasMove, Model, ModelVersion, StageMove } from '../model.ts'
import { type Review, reviewsOf } from '../review-version.ts'
import { stageMoveColumns, stageMoveFromRow } from '../stage-history.ts'
import { readEvaluation } from '../stored-evaluation.ts'
import { type ModelsReader, type ModelVersionRow, readModels } from '../store.ts'
import { readMaking, type VersionMaking } from '../version-making.ts'

/** All that a card is written from, as the record has it at one moment. */
export interface CardFacts {
  at: number
  /** The last record of the journal at that moment. */
  record: number
  model: Model
  version: ModelVersion
  making: VersionMaking
  /** What clients said of their data. */
  datasets: DatasetInput[]
  evaluation: Evaluation | null
  decision: {
    passed: boolean
    findings: GateFinding[]
    champion: number | null
    at: number
    actor: string
  } | null
  reviews: Review[]
  aliasMoves: AliasMove[]
  stageMoves: StageMove[]
  licence: Licence
  /** What the archive said that it was imported with. */
  origin: Manifest | null
  upstream: string[]
  downstream: string[]
}

const mostMoves = 200
const lineageBounds = { direction: 'both', depth: 3, limit: 100 } as const

export async function readCard(
  ctx: Context,
  input: { project: string; model: string; version: string | number },
): Promise<CardFacts> {
  const { project } = input
  const db = readModels(ctx)
  const row = await findVersion(db, project, input.model, input.version)
  const { model, version } = row
  const making = await readMaking(ctx, row)
  const decision = await lastDecision(db, row)
  const about = subject('model', model, version)
  const walked = await unlessOutOfReach(lineage(ctx, project, about, lineageBounds))
  const nodes = walked?.nodes ?? []
  return {
    at: ctx.clock(),
    record: await journalHead(ctx),
    model: await describeModel(db, await findModel(db, project, model)),
    version: await describeVersion(db, row),
    making,
    datasets: (await loggedRun(ctx, project, row.run_id))?.datasets ?? [],
    evaluation: await readEvaluation(ctx, row),
    decision:
      decision === undefined
        ? null
        : {
            passed: decision.passed === 1,
            findings: parseStored<GateFinding[]>(decision.findings),
            champion: decision.champion,
            at: decision.decided_at,
            actor: decision.actor,
          },
    reviews: await reviewsOf(db, row),
    aliasMoves: await aliasMovesOf(db, row),
    stageMoves: await stageMovesOf(db, row),
    licence: await licenceOf(ctx, row, making.packages),
    origin: await originOf(ctx, row),
    upstream: nodes.filter(({ distance }) => distance < 0).map((node) => node.subject),
    downstream: nodes.filter(({ distance }) => distance > 0).map((node) => node.subject),
  }
}

type Versioned = Pick<ModelVersionRow, 'project' | 'model' | 'version'>

/** The moves that put an alias on it or took one away, newest first. */
export async function aliasMovesOf(
  db: ModelsReader,
  { project, model, version }: Versioned,
): Promise<AliasMove[]> {
  const rows = await db
    .selectFrom('alias_moves')
    .select(aliasMoveColumns)
    .where('project', '=', project)
    .where('model', '=', model)
    .where((eb) => eb.or([eb('version', '=', version), eb('previous', '=', version)]))
    .orderBy('number', 'desc')
    .limit(mostMoves)
    .execute()
  return rows.map(aliasMoveFromRow)
}

export async function stageMovesOf(
  db: ModelsReader,
  { project, model, version }: Versioned,
): Promise<StageMove[]> {
  const rows = await db
    .selectFrom('stage_moves')
    .select(stageMoveColumns)
    .where('project', '=', project)
    .where('model', '=', model)
    .where('version', '=', version)
    .orderBy('number', 'desc')
    .limit(mostMoves)
    .execute()
  return rows.map(stageMoveFromRow)
}

async function loggedRun(
  ctx: Context,
  project: string,
  run: string | null,
): Promise<LoggedRun | null> {
  return run === null ? null : unlessOutOfReach(getLoggedRun(ctx, { project, run }))
}
