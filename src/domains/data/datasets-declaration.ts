import { z } from 'zod'
import { GyreError, invalid } from '#kernel/errors'
import { checkName, checkRelativePath } from '#kernel/names'
import type { Context } from '#domains/access/index'
import type { Dataset, Expectation } from './dataset.ts'
import { declareDataset } from './declare-dataset.ts'
import { parseExpectations } from './parse-expectations.ts'

export interface DatasetDeclaration {
  name: string
  description: string
  path: string | null
  timestamp: string | null
  knownAt: string | null
  expectations: Expectation[]
}

const declarationSchema = z.strictObject({
  description: z.string().max(10_000).default(''),
  path: z.string().max(1024),
  timestamp: z.string().min(1).max(500).optional(),
  known_at: z.string().min(1).max(500).optional(),
  expectations: z.union([z.string().min(1), z.array(z.unknown())]).optional(),
})

/**
 * Reads the section `datasets:` of gyre.yaml. `readFile` gives the text of a file of the repository
 * that is named at a place. Errors: `invalid` names the data set and what is wrong.
 */
export function parseDatasetsDeclaration(
  section: unknown,
  readFile: (path: string, place: string) => string,
): DatasetDeclaration[] {
  if (section === undefined || section === null) return []
  if (typeof section !== 'object' || Array.isArray(section)) {
    throw invalid('datasets: must be a mapping from names of data sets to their declarations.')
  }
  return Object.entries(section).map(([name, value]) => {
    const parsed = declarationSchema.safeParse(value ?? {})
    if (!parsed.success) {
      const problem = parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')
      throw invalid(`datasets.${name}: ${problem}.`)
    }
    const { description, path, timestamp, known_at: knownAt, expectations } = parsed.data
    return {
      name: checkName('data set', name),
      description,
      path: checkRelativePath(path.replace(/^\.\//, '').replace(/\/$/, '')),
      timestamp: timestamp ?? null,
      knownAt: knownAt ?? null,
      expectations: readExpectations(name, expectations, readFile),
    }
  })
}

function readExpectations(
  name: string,
  given: string | unknown[] | undefined,
  readFile: (path: string, place: string) => string,
): Expectation[] {
  const place = `datasets.${name}.expectations`
  const source = typeof given === 'string' ? readFile(given, place) : given
  try {
    return parseExpectations(source)
  } catch (thrown) {
    if (!(thrown instanceof GyreError)) throw thrown
    const file = typeof given === 'string' ? ` ${given}:` : ''
    throw invalid(`${place}:${file} ${thrown.public}`, thrown.details)
  }
}

/** Makes one data set what is declared of it. */
export async function applyDatasetsDeclaration(
  ctx: Context,
  input: { project: string; declaration: DatasetDeclaration },
): Promise<Dataset> {
  const { name, ...definition } = input.declaration
  return declareDataset(ctx, { project: input.project, dataset: name, ...definition })
}
