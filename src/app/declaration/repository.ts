import { GyreError, invalid } from '#kernel/errors'
import { checkName, checkRelativePath } from '#kernel/names'
import type { RepositoryFiles } from '#protocols/api/wire/server'
import { nearestWord } from './nearest.ts'
import { readYaml, type YamlFile } from './read-yaml.ts'

/** A user's repository as it was sent: `gyre.yaml`, and the files that it names. */
export interface Repository {
  directory: string
  commit: string | null
  dirty: boolean
  project: string
  declaration: YamlFile
  /** Texts of all files that were sent, by path. */
  files: Readonly<Record<string, string>>
  /** One section of `gyre.yaml`; `undefined` when it is not there. */
  section(key: SectionKey): unknown
  /** The text of a file that `gyre.yaml` names at `place`. */
  file(path: string, place: string): string
}

export const sectionKeys = [
  'datasets',
  'features',
  'pipelines',
  'models',
  'endpoints',
  'monitors',
  'triggers',
] as const
export type SectionKey = (typeof sectionKeys)[number]

const declarationFile = 'gyre.yaml'

/** Reads `gyre.yaml`. Errors: `invalid`, with line and column, and what was probably meant. */
export function readRepository({ directory, commit, dirty, files }: RepositoryFiles): Repository {
  const text = files[declarationFile]
  if (text === undefined) {
    throw invalid(`There is no ${declarationFile} in ${directory}. Make one with: gyre init`)
  }
  const declaration = readYaml(declarationFile, text)
  const members = membersOf(declaration)
  return {
    directory,
    commit,
    dirty,
    project: projectOf(declaration, members),
    declaration,
    files,
    section: (key) => members[key],
    file(path, place) {
      const found = files[checkRelativePath(path)]
      if (found !== undefined) return found
      throw invalid(`${place}: there is no file ${path} in ${directory}.`)
    },
  }
}

function membersOf(declaration: YamlFile): Record<string, unknown> {
  const { value, path } = declaration
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${path} must be a mapping with the keys project, ${sectionKeys.join(', ')}.`)
  }
  const known = ['project', ...sectionKeys]
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    const meant = nearestWord(key, known)
    throw invalid(
      `${declaration.placeOf([key])}: there is no key "${key}". ` +
        (meant === undefined ? `The keys are ${known.join(', ')}.` : `Did you mean "${meant}"?`),
    )
  }
  return value as Record<string, unknown>
}

function projectOf(declaration: YamlFile, { project }: Record<string, unknown>): string {
  if (project === undefined) return 'default'
  if (typeof project === 'string') return checkName('project', project)
  throw new GyreError({
    code: 'invalid',
    public: `${declaration.placeOf(['project'])}: project must be a name in quotes or plain text.`,
  })
}
