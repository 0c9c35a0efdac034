import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { authorizeOn, type Reach } from '#kernel/principals'
import type { Role } from '#kernel/roles'
import type { Context } from './context.ts'

type Asking = Pick<Context, 'principal'>

/**
 * As `authorize`, for verbs about experiments, their runs, models, traces and files: gives which of
 * the experiments, by number, the principal may reach. `onThing` is what a grant on a single
 * experiment must hold, where that is more. Errors: `forbidden` when it is none.
 */
export function authorizeOnExperiments(
  ctx: Asking,
  role: Role,
  project: string,
  onThing: Role = role,
): Reach {
  return authorizeOn(ctx, { kind: 'experiment', role, project, onThing })
}

/** The same for registered models, by name. */
export function authorizeOnModels(
  ctx: Asking,
  role: Role,
  project: string,
  onThing: Role = role,
): Reach {
  return authorizeOn(ctx, { kind: 'model', role, project, onThing })
}

/** Those of the ids of experiments that are within reach. */
export function experimentsHeld(reach: Reach, ids: readonly string[]): string[] {
  // One may be written with zeros before it.
  return ids.filter((id) => reach.holds(String(Number(id))))
}

/** Conditions on a column that holds numbers of experiments: none where nothing is hidden. */
export function experimentsWithin(reach: Reach, column: string): RawBuilder<SqlBool>[] {
  return within(reach, column, (names) => names.filter((n) => /^\d{1,15}$/.test(n)).map(Number))
}

/** Conditions on a column that holds names of models: none where nothing is hidden. */
export function modelsWithin(reach: Reach, column: string): RawBuilder<SqlBool>[] {
  return within(reach, column, (names) => [...names])
}

function within(
  { limits }: Reach,
  column: string,
  valuesOf: (names: readonly string[]) => readonly (string | number)[],
): RawBuilder<SqlBool>[] {
  if (limits === undefined) return []
  const values = valuesOf('only' in limits ? limits.only : limits.except)
  if ('only' in limits) {
    return values.length === 0
      ? [sql<SqlBool>`1 = 0`]
      : [sql<SqlBool>`${sql.ref(column)} in (${sql.join(values)})`]
  }
  return values.length === 0 ? [] : [sql<SqlBool>`${sql.ref(column)} not in (${sql.join(values)})`]
}
