import type { SourceModel, SourceVersion } from './source.ts'
import { type ForeignDatabase, numberIn, type Row, tagOf, textIn } from './database.ts'

/** Registered models with their versions; those of one workspace. */
export async function* readModels(
  { database, workspace }: { database: ForeignDatabase; workspace: string },
  has: (table: string) => boolean,
): AsyncGenerator<SourceModel> {
  const isOurs = (row: Row): boolean => !('workspace' in row) || row['workspace'] === workspace
  const of = async (table: string, name: string): Promise<Row[]> => {
    if (!has(table)) return []
    return (await database.query(`select * from ${table} where name = ?`, [name])).filter(isOurs)
  }
  const models = await database.query('select * from registered_models order by name')
  for (const row of models.filter(isOurs)) {
    const name = textIn(row, 'name')
    const tags = await of('model_version_tags', name)
    const versions = await of('model_versions', name)
    yield {
      name,
      description: textIn(row, 'description'),
      createdAt: numberIn(row, 'creation_time'),
      updatedAt: numberIn(row, 'last_updated_time'),
      tags: (await of('registered_model_tags', name)).map(tagOf),
      aliases: (await of('registered_model_aliases', name)).map((alias) => ({
        alias: textIn(alias, 'alias'),
        version: numberIn(alias, 'version'),
      })),
      versions: versions
        .map((version) => versionOf(version, tags))
        .toSorted((a, b) => a.version - b.version),
    }
  }
}

function versionOf(row: Row, tags: readonly Row[]): SourceVersion {
  const version = numberIn(row, 'version')
  const isDeleted = row['current_stage'] === 'Deleted_Internal'
  return {
    version,
    state: isDeleted ? 'deleted' : 'active',
    description: textIn(row, 'description'),
    user: textIn(row, 'user_id'),
    stage: isDeleted ? 'None' : textIn(row, 'current_stage') || 'None',
    source: textIn(row, 'source'),
    storageLocation: textIn(row, 'storage_location'),
    run: textIn(row, 'run_id'),
    runLink: textIn(row, 'run_link'),
    status: textIn(row, 'status') || 'READY',
    statusMessage: textIn(row, 'status_message'),
    createdAt: numberIn(row, 'creation_time'),
    updatedAt: numberIn(row, 'last_updated_time'),
    tags: tags.filter((tag) => numberIn(tag, 'version') === version).map(tagOf),
  }
}
