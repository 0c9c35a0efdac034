import { GyreError } from '#kernel/errors'
import { canonicalJson, type JsonObject } from '#kernel/json'
import { type Subject, subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import {
  analyseFiles,
  type Analysis,
  impliedExpectations,
  type Parent,
  readParent,
} from './analyse-files.ts'
import {
  type DataFile,
  type DataVersionDetail,
  findDataset,
  type Verdict,
  versionDetailFromRow,
} from './dataset.ts'
import { checkFiles, dvcDigest, storeFileList } from './file-list.ts'
import {
  type DatasetRow,
  type DataTables,
  type DataVersionRow,
  readData,
  versionDetailColumns,
} from './store.ts'

export interface NewVersion {
  project: string
  dataset: string
  files: readonly DataFile[]
  /** Must be the latest version, null for none. Undefined: whatever is the latest. */
  parent?: number | null | undefined
  message: string
  author?: string | undefined
  gitCommit?: string | undefined
}

/** How often a commit that named no parent is analysed anew because another came before it. */
const attempts = 5

/**
 * Commits a version of a data set: measures its new files, says what changed, checks what is
 * expected. The same content as the latest version is that version again.
 *
 * When expectations that refuse fail, the version is kept in quarantine, never used, and `refused`
 * is thrown with the failed expectations as details. Other errors: `not_found`; `conflict` for
 * missing blobs or a parent that is not the latest; `invalid` for unreadable files.
 */
export async function commitVersion(ctx: Context, input: NewVersion): Promise<DataVersionDetail> {
  authorize(ctx, 'editor', input.project)
  const files = await checkFiles(ctx, input.project, input.files)
  const digest = await storeFileList(ctx, files)
  for (let attempt = 1; ; attempt++) {
    const dataset = await findDataset(readData(ctx), input.project, input.dataset)
    checkParent(dataset, input.parent)
    const again = await sameVersion(ctx, dataset, digest)
    if (again !== undefined) return again
    const parent = await readParent(ctx, dataset)
    const version = dataset.last_version + 1
    const analysis = await analyseFiles(ctx, dataset, parent, files, version)
    const row = await newRow(ctx, input, dataset, files, digest, parent, analysis)
    if (await storeVersion(ctx, dataset, row, analysis.verdict))
      return outcome(row, analysis.verdict)
    if (input.parent !== undefined || attempt === attempts) throw overtaken(dataset.name)
  }
}

function checkParent(dataset: DatasetRow, parent: number | null | undefined): void {
  if (parent === undefined || parent === dataset.latest_version) return
  const latest = dataset.latest_version
  throw new GyreError({
    code: 'conflict',
    public: `The parent is ${parent ?? 'none'}, but the latest version of "${dataset.name}" is ${latest ?? 'none'}. Get it, put your change on it, commit again.`,
  })
}

function overtaken(name: string): GyreError {
  return new GyreError({
    code: 'conflict',
    retryable: true,
    public: `Data set "${name}" changed while this commit was analysed. Commit again.`,
  })
}

/** The latest version, or a refused one, when these files and expectations are what it was of. */
async function sameVersion(
  ctx: Context,
  dataset: DatasetRow,
  digest: string,
): Promise<DataVersionDetail | undefined> {
  const rows = await readData(ctx)
    .selectFrom('data_versions')
    .select(versionDetailColumns)
    .where('project', '=', dataset.project)
    .where('dataset', '=', dataset.name)
    .where('version', 'in', [dataset.latest_version ?? 0, dataset.last_version])
    .where('digest', '=', digest)
    .execute()
  const latest = rows.find((row) => row.version === dataset.latest_version)
  if (latest !== undefined) return versionDetailFromRow(latest, dataset.latest_version)
  const asked = expectationsDigest(ctx, dataset)
  const refused = rows.find(
    (row) =>
      row.state === 'quarantined' &&
      row.parent === dataset.latest_version &&
      row.expectations_digest === asked,
  )
  if (refused === undefined) return undefined
  const version = versionDetailFromRow(refused, dataset.latest_version)
  throw refusal(version.dataset, version.version, version.verdict)
}

function expectationsDigest(ctx: Context, dataset: DatasetRow): string {
  return ctx.digest(canonicalJson([dataset.expectations, ...impliedExpectations(dataset)]))
}

async function newRow(
  ctx: Context,
  input: NewVersion,
  dataset: DatasetRow,
  files: readonly DataFile[],
  digest: string,
  parent: Parent | undefined,
  analysis: Analysis,
): Promise<DataVersionRow> {
  const { verdict } = analysis
  return {
    project: dataset.project,
    dataset: dataset.name,
    version: analysis.changes.to,
    state: verdict?.success === false ? 'quarantined' : 'committed',
    digest,
    dvc_digest: await dvcDigest(ctx, dataset.path, files),
    parent: parent?.version ?? null,
    message: input.message,
    author: input.author ?? ctx.principal.name,
    git_commit: input.gitCommit ?? null,
    files: files.length,
    size_bytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    rows: analysis.changes.rows,
    summary: analysis.changes.sentence,
    schema_columns: JSON.stringify(analysis.schema),
    profile: JSON.stringify(analysis.profile),
    changes: JSON.stringify(analysis.changes),
    verdict: verdict === null ? null : JSON.stringify(verdict),
    expectations_digest: expectationsDigest(ctx, dataset),
    expectations_met: verdict?.statistics.successful_expectations ?? 0,
    expectations_failed: verdict?.statistics.unsuccessful_expectations ?? 0,
    released: null,
    created_at: ctx.clock(),
  }
}

/** Writes the version unless the data set changed since; gives whether it did. */
async function storeVersion(
  ctx: Context,
  dataset: DatasetRow,
  row: DataVersionRow,
  verdict: Verdict | null,
): Promise<boolean> {
  return commit(ctx, async (change) => {
    const db = change.sql<DataTables>()
    const committed = row.state === 'committed'
    const updated = await db
      .updateTable('datasets')
      .set({
        last_version: row.version,
        updated_at: row.created_at,
        ...(committed ? { latest_version: row.version } : {}),
      })
      .where('project', '=', dataset.project)
      .where('name', '=', dataset.name)
      .where('last_version', '=', dataset.last_version)
      .where('latest_version', dataset.latest_version === null ? 'is' : '=', dataset.latest_version)
      .where('updated_at', '=', dataset.updated_at)
      .returning('name')
      .executeTakeFirst()
    if (updated === undefined) return false
    await db.insertInto('data_versions').values(row).execute()
    change.record({
      verb: committed ? 'data.committed' : 'data.refused',
      subject: subject('data', row.dataset, row.version),
      project: row.project,
      inputs: inputsOf(row),
      detail: detailOf(row, verdict),
    })
    return true
  })
}

function inputsOf(row: DataVersionRow): Subject[] {
  return [
    ...(row.parent === null ? [] : [subject('data', row.dataset, row.parent)]),
    ...(row.git_commit === null ? [] : [subject('commit', row.git_commit)]),
  ]
}

function detailOf(row: DataVersionRow, verdict: Verdict | null): JsonObject {
  return {
    rows: row.rows,
    files: row.files,
    sizeBytes: row.size_bytes,
    summary: row.summary,
    message: row.message,
    digest: row.digest,
    dvcDigest: row.dvc_digest,
    expectations: { met: row.expectations_met, failed: row.expectations_failed },
    ...(verdict === null || row.expectations_failed === 0 ? {} : { failed: failuresOf(verdict) }),
  }
}

/** The failed expectations, those that refuse first, for people and for the journal. */
function failuresOf(verdict: Verdict): { path: string; message: string; severity: string }[] {
  return verdict.results
    .filter((result) => !result.success)
    .map(({ expectation_config: config, sentence }) => ({
      path: config.type,
      message: sentence,
      severity: config.severity,
    }))
    .sort((a, b) => a.severity.localeCompare(b.severity))
    .slice(0, 100)
}

function outcome(row: DataVersionRow, verdict: Verdict | null): DataVersionDetail {
  if (row.state === 'quarantined') throw refusal(row.dataset, row.version, verdict)
  return versionDetailFromRow(row, row.version)
}

function refusal(dataset: string, version: number, verdict: Verdict | null): GyreError {
  const failures = verdict === null ? [] : failuresOf(verdict)
  const refusing = failures.filter((failure) => failure.severity === 'refuse').length
  return new GyreError({
    code: 'refused',
    public: `Version ${version} of data set "${dataset}" is in quarantine and not used: ${refusing} of ${verdict?.statistics.evaluated_expectations ?? 0} expectations failed. Correct the files and commit again, or let an operator release it.`,
    details: failures,
  })
}
