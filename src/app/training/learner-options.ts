import { readFile } from 'node:fs/promises'
import { invalid } from '#kernel/errors'
import { parseParameters } from '#domains/pipelines/index'
import { defaultOptions, type LearnerName } from './learner.ts'

/**
 * A learner's options: its own, then a section of a parameters file (`params.yaml:trees`), then
 * single ones (`depth=4`). Errors: `invalid` names an option that the learner does not have.
 */
export async function readLearnerOptions(
  learner: LearnerName,
  from: { params?: string | undefined; set: readonly string[]; seed?: number | undefined },
): Promise<Record<string, number>> {
  const own = defaultOptions[learner]
  const options: Record<string, number> = { ...own }
  const given = [
    ...(from.params === undefined ? [] : await readSection(from.params)),
    ...from.set.map(splitAssignment),
  ]
  for (const [name, text] of given) {
    if (!(name in own)) {
      throw invalid(
        `The learner ${learner} has no option "${name}". It has ${Object.keys(own).join(', ')}.`,
      )
    }
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value)) {
      throw invalid(`The option ${name} must be a number, not ${JSON.stringify(text)}.`)
    }
    options[name] = value
  }
  if (from.seed !== undefined && 'seed' in own) options['seed'] = from.seed
  return options
}

async function readSection(reference: string): Promise<[string, string][]> {
  const [file = '', section] = reference.split(/:(.*)/s)
  const text = await readFile(file, 'utf8').catch(() => {
    throw invalid(`There is no parameters file ${file}.`)
  })
  const all = parseParameters(text, file)
  const values = section === undefined || section === '' ? all : all.get(section)
  if (!(values instanceof Map)) throw invalid(`${file} has no section "${section ?? ''}".`)
  return [...values].map(([name, value]) => [name, String(value as string | number | bigint)])
}

function splitAssignment(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw invalid(`"${text}" is not an assignment. Write --set depth=4.`)
  return [text.slice(0, at).trim(), text.slice(at + 1)]
}
