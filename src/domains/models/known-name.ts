import { findModel } from './find-model.ts'
import type { ModelsReader } from './store.ts'

/**
 * A name whose history can be told: of a model, or of one that was deleted or got another name.
 * Errors: `not_found`.
 */
export async function knownName(db: ModelsReader, project: string, name: string): Promise<string> {
  const normal = name.normalize('NFC')
  for (const table of ['alias_moves', 'stage_moves'] as const) {
    const moved = await db
      .selectFrom(table)
      .select('number')
      .where('project', '=', project)
      .where('model', '=', normal)
      .limit(1)
      .executeTakeFirst()
    if (moved !== undefined) return normal
  }
  return (await findModel(db, project, normal)).name
}
