import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Document, parseDocument, YAMLMap, YAMLSeq } from 'yaml'
import { invalid } from '#kernel/errors'
import { isMap, parseYaml, type YamlMap, type YamlValue } from '#domains/pipelines/yaml-value'
import { writeYaml } from '#domains/pipelines/yaml-writer'
import type { Algorithm } from './object-cache.ts'
import { writeWholeFile } from './write-whole-file.ts'

/** What was found at an output, to be written into its entry. */
export interface RecordedContent {
  /** md5, or md5 and `.dir`. */
  digest: string
  /** Undefined when only a part of a directory was looked at: dvc leaves it out then. */
  sizeBytes: number | undefined
  /** Of a directory. */
  fileCount: number | undefined
  isExecutable: boolean
  algorithm: Algorithm
}

/** Keys of an entry that say what the content is; all others are the user's. */
const contentKeys = ['md5', 'size', 'nfiles', 'isexec', 'hash']
/** What an entry of DVC 2, of a cloud's versioning, said of the content before. */
const formerKeys = ['etag', 'checksum', 'version_id', 'cloud', 'files']

/**
 * Records a content in the `.dvc` file of an output, byte for byte as dvc does, and gives whether the
 * file changed. A file that is not there is made; in one that is, the user's own keys, their order
 * and comments stay. Errors: `invalid` for a file without that output.
 */
export function recordInDvcFile(
  root: string,
  file: string,
  output: string,
  content: RecordedContent,
): boolean {
  const place = join(root, file)
  const before = readIfThere(place)
  const entry = entryOf(content)
  const text =
    before === undefined
      ? writeYaml(new Map([['outs', [new Map([...entry, ['path', basename(output)]])]]]))
      : updatedText(before, file, output, entry)
  if (text === before) return false
  writeWholeFile(place, text)
  return true
}

function readIfThere(place: string): string | undefined {
  try {
    return readFileSync(place, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}

function entryOf(content: RecordedContent): YamlMap {
  const entry = new Map<string, YamlValue>([['md5', content.digest]])
  if (content.sizeBytes !== undefined) entry.set('size', BigInt(content.sizeBytes))
  if (content.fileCount !== undefined) entry.set('nfiles', BigInt(content.fileCount))
  if (content.isExecutable) entry.set('isexec', true)
  if (content.algorithm === 'md5') entry.set('hash', 'md5')
  return entry
}

function updatedText(before: string, file: string, output: string, entry: YamlMap): string {
  const root = parseYaml(before, file)
  if (!isMap(root))
    throw invalid(`${file} is not a .dvc file. Remove it, or mend it, and try again.`)
  const outs = root.get('outs')
  const index = Array.isArray(outs) ? outs.findIndex((out) => isOf(out, output)) : -1
  const out = Array.isArray(outs) ? outs[index] : undefined
  if (!isMap(out)) {
    throw invalid(`${file} has no output ${basename(output)}. Mend it, or remove it and add again.`)
  }
  const isCanonical = writeYaml(root) === before
  updateEntry(out, entry)
  return isCanonical ? writeYaml(root) : withComments(before, index, out)
}

function isOf(out: YamlValue, output: string): boolean {
  const path = isMap(out) ? out.get('path') : undefined
  return typeof path === 'string' && basename(path) === basename(output)
}

/** As dvc changes a map that it read: what is there stays in its place, what is new comes last. */
function updateEntry(out: YamlMap, entry: YamlMap): void {
  for (const key of [...contentKeys, ...formerKeys]) if (!entry.has(key)) out.delete(key)
  for (const [key, value] of entry) out.set(key, value)
}

/** The text with one entry's values changed and everything else, comments above all, as it was. */
function withComments(before: string, index: number, out: YamlMap): string {
  const document = parseDocument(before, { intAsBigInt: true })
  const node = document.getIn(['outs', index])
  if (!(node instanceof YAMLMap)) throw invalid('The .dvc file cannot be changed: outs is no list.')
  for (const { key } of node.items.slice()) {
    const name = String(key)
    if (!out.has(name)) node.delete(name)
  }
  for (const [key, value] of out) if (contentKeys.includes(key)) node.set(key, value)
  return textOf(document)
}

function textOf(document: Document): string {
  const outs = document.get('outs')
  if (outs instanceof YAMLSeq) outs.flow = false
  return document.toString({ indentSeq: false, lineWidth: 0 })
}
