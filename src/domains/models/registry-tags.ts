import type { ModelsReader, ModelsTransaction, VersionTagRow } from './store.ts'

/** The tag that makes a registered model a prompt, for MLflow's clients. */
export const promptTag = 'mlflow.prompt.is_prompt'

/** Whether it is a prompt: a text under version control, which nobody serves. */
export function isPrompt(tags: Readonly<Record<string, string>>): boolean {
  return tags[promptTag]?.toLowerCase() === 'true'
}

/** Tags by model, of those that have any. */
export async function tagsOfModels(
  db: ModelsReader,
  project: string,
  models: readonly string[],
): Promise<ReadonlyMap<string, Record<string, string>>> {
  if (models.length === 0) return new Map()
  const rows = await db
    .selectFrom('model_tags')
    .select(['model', 'key', 'value'])
    .where('project', '=', project)
    .where('model', 'in', models)
    .orderBy('key')
    .execute()
  return gather(rows, (row) => row.model)
}

/** What a version's tags are filed under. */
export function versionKey(row: { model: string; version: number }): string {
  return `${row.version} ${row.model}`
}

/** Tags by `versionKey`, of those that have any. */
export async function tagsOfVersions(
  db: ModelsReader,
  project: string,
  versions: readonly { model: string; version: number }[],
): Promise<ReadonlyMap<string, Record<string, string>>> {
  const byModel = Map.groupBy(versions, (row) => row.model)
  const rows: Omit<VersionTagRow, 'project'>[] = []
  for (const [model, members] of byModel) {
    const numbers = members.map((row) => row.version)
    const found = await db
      .selectFrom('version_tags')
      .select(['model', 'version', 'key', 'value'])
      .where('project', '=', project)
      .where('model', '=', model)
      .where('version', '>=', Math.min(...numbers))
      .where('version', '<=', Math.max(...numbers))
      .orderBy('key')
      .execute()
    rows.push(...found)
  }
  return gather(rows, versionKey)
}

function gather<R extends { key: string; value: string }>(
  rows: readonly R[],
  ownerOf: (row: R) => string,
): Map<string, Record<string, string>> {
  const byOwner = Map.groupBy(rows, ownerOf)
  // Not by assignment: a key may be `__proto__`.
  const tagsOf = (own: readonly R[]) => Object.fromEntries(own.map((row) => [row.key, row.value]))
  return new Map([...byOwner].map(([owner, own]) => [owner, tagsOf(own)]))
}

/** Sets and removes tags of a model; the last value wins. */
export async function writeModelTags(
  db: ModelsTransaction,
  owner: { project: string; model: string },
  { set, removed }: { set: Readonly<Record<string, string>>; removed: readonly string[] },
): Promise<void> {
  const rows = Object.entries(set).map(([key, value]) => ({ ...owner, key, value }))
  if (rows.length > 0) {
    await db
      .insertInto('model_tags')
      .values(rows)
      .onConflict((c) =>
        c
          .columns(['project', 'model', 'key'])
          .doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      )
      .execute()
  }
  if (removed.length === 0) return
  await db
    .deleteFrom('model_tags')
    .where('project', '=', owner.project)
    .where('model', '=', owner.model)
    .where('key', 'in', removed)
    .execute()
}

/** Sets and removes tags of a version; the last value wins. */
export async function writeVersionTags(
  db: ModelsTransaction,
  owner: { project: string; model: string; version: number },
  { set, removed }: { set: Readonly<Record<string, string>>; removed: readonly string[] },
): Promise<void> {
  const rows = Object.entries(set).map(([key, value]) => ({ ...owner, key, value }))
  if (rows.length > 0) {
    await db
      .insertInto('version_tags')
      .values(rows)
      .onConflict((c) =>
        c
          .columns(['project', 'model', 'version', 'key'])
          .doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      )
      .execute()
  }
  if (removed.length === 0) return
  await db
    .deleteFrom('version_tags')
    .where('project', '=', owner.project)
    .where('model', '=', owner.model)
    .where('version', '=', owner.version)
    .where('key', 'in', removed)
    .execute()
}
