import { GyreError, notFound } from '#kernel/errors'
import { type Subject, subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { authorizeModel } from './authorize-model.ts'
import { checkAlias } from './alias-names.ts'
import { findModel, findVersion } from './find-model.ts'
import type { AliasMove } from './model.ts'
import { passesGuard, settleGate } from './pass-guard.ts'
import { type MoveOwner, writeAliasMoves } from './pointer-moves.ts'
import { isPrompt, tagsOfModels } from './registry-tags.ts'
import type { ModelsTables, ModelsTransaction } from './store.ts'

export interface NewAlias {
  project: string
  model: string
  alias: string
  version: string | number
  reason: string
  /** Moves a guarded alias against the gate; recorded as such. */
  override?: boolean | undefined
  /** Refuses with `conflict` when the alias points elsewhere by now; null: nowhere. */
  previous?: number | null | undefined
  /** Further subjects that it was decided on, such as the rollout. */
  evidence?: readonly Subject[] | undefined
}

/**
 * Points an alias at a version. One that the model guards (`champion`, unless it says otherwise)
 * needs the version's gate to have passed, or `override`; a gate that has not decided on the present
 * evidence decides now. Pointing it where it points already changes nothing. Errors: `not_found`, `invalid`, `refused`
 * with the gate's reasons, `conflict`.
 */
export async function setAlias(ctx: Context, input: NewAlias): Promise<AliasMove> {
  authorizeModel(ctx, 'operator', input)
  const alias = checkAlias(input.alias)
  await settleGate(ctx, { ...input, guard: alias })
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const model = await findModel(db, input.project, input.model)
    const target = await findVersion(db, input.project, model.name, input.version)
    const previous = await pointedAt(db, input.project, model.name, alias)
    if (input.previous !== undefined && input.previous !== previous) {
      throw stale(alias, input.model, previous)
    }
    const against = await passesGuard(db, model, target, alias, input.override ?? false)
    const move = moveOf(ctx, { ...input, alias }, target.version, previous, against)
    if (previous === target.version) return { ...move, reason: 'It points there already.' }
    const now = move.at
    await db
      .insertInto('model_aliases')
      .values({
        project: input.project,
        model: model.name,
        alias,
        version: target.version,
        moved_at: now,
      })
      .onConflict((c) =>
        c
          .columns(['project', 'model', 'alias'])
          .doUpdateSet({ version: target.version, moved_at: now }),
      )
      .execute()
    await recordMove(change, { project: input.project, model: model.name }, move)
    return move
  })
}

/** Removes an alias; what it pointed at stays. Errors: `not_found`. */
export async function removeAlias(
  ctx: Context,
  input: { project: string; model: string; alias: string; reason: string },
): Promise<AliasMove> {
  authorizeModel(ctx, 'operator', input)
  const alias = input.alias.normalize('NFC')
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const { project, name: model } = await findModel(db, input.project, input.model)
    const previous = await pointedAt(db, project, model, alias)
    if (previous === null) throw notFound(`alias of model ${model}`, alias.slice(0, 300))
    await db
      .deleteFrom('model_aliases')
      .where('project', '=', project)
      .where('model', '=', model)
      .where('alias', '=', alias)
      .execute()
    const move = moveOf(ctx, { ...input, alias }, null, previous, false)
    await recordMove(change, { project, model }, move)
    return move
  })
}

function moveOf(
  ctx: Context,
  input: { alias: string; reason: string; evidence?: readonly Subject[] | undefined },
  version: number | null,
  previous: number | null,
  override: boolean,
): AliasMove {
  return {
    alias: input.alias,
    version,
    previous,
    at: ctx.clock(),
    actor: ctx.principal.name,
    reason: input.reason,
    override,
    evidence: [...(input.evidence ?? [])],
  }
}

async function recordMove(change: Change, owner: MoveOwner, move: AliasMove): Promise<void> {
  const db = change.sql<ModelsTables>()
  await writeAliasMoves(db, owner, [move])
  const { project, model } = owner
  const tags = (await tagsOfModels(db, project, [model])).get(model) ?? {}
  const target = move.version === null ? [] : [subject('model', model, move.version)]
  change.record({
    verb: move.version === null ? 'alias.removed' : 'alias.moved',
    subject: subject('model', model),
    project,
    inputs: [...target, ...(move.evidence as Subject[])],
    detail: {
      alias: move.alias,
      version: move.version,
      previous: move.previous,
      reason: move.reason,
      override: move.override,
      prompt: isPrompt(tags),
    },
  })
}

async function pointedAt(
  db: ModelsTransaction,
  project: string,
  model: string,
  alias: string,
): Promise<number | null> {
  const row = await db
    .selectFrom('model_aliases')
    .select('version')
    .where('project', '=', project)
    .where('model', '=', model)
    .where('alias', '=', alias)
    .executeTakeFirst()
  return row?.version ?? null
}

function stale(alias: string, model: string, previous: number | null): GyreError {
  const now = previous === null ? 'nowhere' : `at version ${previous}`
  return new GyreError({
    code: 'conflict',
    public: `The alias ${alias} of ${model} points ${now} by now: somebody moved it. Look again.`,
  })
}
