import type { DataTables } from '#domains/data/store'
import type { ModelsTables } from '#domains/models/store'
import type { RunsTables } from '#domains/runs/store'
import { parseStored } from '#kernel/json'
import type { Tables } from '#ports/tables/tables'

/** Every blob that a row names, some more than once: what must be there, and what gc must keep. */
export async function* referencedBlobs(tables: Tables): AsyncGenerator<string> {
  const data = tables.read<DataTables>()
  const models = tables.read<ModelsTables>()
  for await (const row of data.selectFrom('data_blobs').select('sha256').stream()) yield row.sha256
  for await (const row of data.selectFrom('data_versions').select('digest').stream())
    yield row.digest
  const runs = tables.read<RunsTables>()
  for await (const row of runs.selectFrom('artifacts').select('sha256').stream()) yield row.sha256
  for await (const row of runs.selectFrom('artifact_parts').select('sha256').stream())
    yield row.sha256
  const versions = models.selectFrom('model_versions').select(['files', 'evaluation_sha256'])
  for await (const row of versions.stream()) {
    if (row.evaluation_sha256 !== null) yield row.evaluation_sha256
    for (const file of parseStored<{ sha256: string }[]>(row.files)) yield file.sha256
  }
}
