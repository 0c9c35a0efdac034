import { parseStored } from '#kernel/json'
import { authorize, type Context } from '#domains/access/index'
import { checkFilesAgainst, impliedExpectations, readParent } from './analyse-files.ts'
import { arrivedFiles } from './compare-profiles.ts'
import { type DataFile, type Expectation, findDataset, type Verdict } from './dataset.ts'
import { checkFiles } from './file-list.ts'
import { parseExpectations } from './parse-expectations.ts'
import { profileFiles } from './profile-files.ts'
import { readData } from './store.ts'

/**
 * What a commit of these files would say, without one. Without files, the latest version is checked
 * whole. Errors: as of a commit; `not_found` when there is neither a file nor a version.
 */
export async function checkExpectations(
  ctx: Context,
  input: {
    project: string
    dataset: string
    files?: readonly DataFile[] | undefined
    expectations?: unknown
    all: boolean
  },
): Promise<Verdict> {
  authorize(ctx, 'editor', input.project)
  const dataset = await findDataset(readData(ctx), input.project, input.dataset)
  const parent = await readParent(ctx, dataset)
  const files = await checkFiles(ctx, input.project, input.files ?? parent?.files ?? [])
  const profiled = await profileFiles(ctx, files, parent?.edges ?? {})
  const expectations =
    input.expectations === undefined
      ? parseStored<Expectation[]>(dataset.expectations)
      : parseExpectations(input.expectations)
  const whole = input.all || input.files === undefined
  const checked = whole ? files : arrivedFiles(parent?.files ?? [], files)
  const verdict = await checkFilesAgainst(
    ctx,
    [...impliedExpectations(dataset), ...expectations],
    profiled,
    files,
    checked,
  )
  return verdict ?? emptyVerdict(checked.length)
}

function emptyVerdict(files: number): Verdict {
  return {
    success: true,
    results: [],
    statistics: {
      evaluated_expectations: 0,
      successful_expectations: 0,
      unsuccessful_expectations: 0,
      success_percent: null,
    },
    files,
    rows: 0,
  }
}
