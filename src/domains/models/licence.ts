import { invalid } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import type { Context } from '#domains/access/index'
import { authorizeModel } from './authorize-model.ts'
import { findVersion } from './find-model.ts'
import { licenceOfLibrary, licenceOfText } from './known-licences.ts'
import type { VersionFile } from './model.ts'
import { tagsOfVersions, versionKey } from './registry-tags.ts'
import { type ModelVersionRow, readModels } from './store.ts'
import { readMaking } from './version-making.ts'

export interface Licence {
  /** As SPDX calls it, where it is one of those; null: not known. */
  licence: string | null
  /** How it is known; null: it is not. */
  source: 'declared' | 'tag' | 'file' | null
  /** Which tag or file. */
  evidence: string
  /** What the version needs, as far as its run or its requirements say. */
  libraries: { name: string; version: string; licence: string | null }[]
}

const longest = 200
const licenceTags = ['license', 'licence', 'mlflow.license', 'spdx', 'license_name']
const licenceFile = /^(licen[cs]e|copying|unlicense)([.-][\w.-]+)?$/i
const longestFile = 1024 * 1024

/** A licence as it may be declared. Errors: `invalid`. */
export function checkLicence(licence: string | null | undefined): string | null | undefined {
  if (licence === null || licence === undefined) return licence
  const text = licence.trim()
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const bad = /[\u0000-\u001f\u007f]/.test(text) || !text.isWellFormed()
  if (text !== '' && text.length <= longest && !bad) return text
  throw invalid(
    `A licence is a text of 1 to ${longest} characters in one line, such as Apache-2.0.`,
  )
}

/**
 * The licence of a version: as somebody declared it, else as a tag (`license`) says, else as the
 * first licence file among its files reads. And of the libraries that it needs, where that is
 * commonly known. Errors: `not_found`.
 */
export async function getLicence(
  ctx: Context,
  input: { project: string; model: string; version: string | number },
): Promise<Licence> {
  authorizeModel(ctx, 'viewer', input)
  const row = await findVersion(readModels(ctx), input.project, input.model, input.version)
  const { packages } = await readMaking(ctx, row)
  return licenceOf(ctx, row, packages)
}

export async function licenceOf(
  ctx: Context,
  row: ModelVersionRow,
  packages: Readonly<Record<string, string>>,
): Promise<Licence> {
  const libraries = Object.entries(packages)
    .map(([name, version]) => ({ name, version, licence: licenceOfLibrary(name) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  if (row.licence !== null) {
    return { licence: row.licence, source: 'declared', evidence: '', libraries }
  }
  const found = (await fromTags(ctx, row)) ?? (await fromFiles(ctx, row))
  return { ...(found ?? { licence: null, source: null, evidence: '' }), libraries }
}

async function fromTags(
  ctx: Context,
  row: ModelVersionRow,
): Promise<Omit<Licence, 'libraries'> | undefined> {
  const all = await tagsOfVersions(readModels(ctx), row.project, [row])
  const tags = Object.entries(all.get(versionKey(row)) ?? {})
  const [key, value] =
    tags.find(([name, text]) => licenceTags.includes(name.toLowerCase()) && text !== '') ?? []
  if (key === undefined || value === undefined) return undefined
  return { licence: value.slice(0, longest), source: 'tag', evidence: key }
}

async function fromFiles(
  ctx: Context,
  row: ModelVersionRow,
): Promise<Omit<Licence, 'libraries'> | undefined> {
  const files = parseStored<VersionFile[]>(row.files)
  const file = files
    .filter(({ path }) => licenceFile.test(path.split('/').at(-1) ?? ''))
    .sort((a, b) => a.path.split('/').length - b.path.split('/').length)[0]
  if (file === undefined) return undefined
  const text =
    file.sizeBytes > longestFile
      ? ''
      : new TextDecoder().decode(await ctx.blobs.readAll(file.sha256))
  return { licence: licenceOfText(text), source: 'file', evidence: file.path }
}
