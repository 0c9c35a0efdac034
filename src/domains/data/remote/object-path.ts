import { invalid } from '#kernel/errors'
import { checkRelativePath } from '#kernel/names'

/** DVC 3 names objects by their md5; DVC 2 by the md5 of texts with their CRLF turned into LF. */
export type ObjectLayout = 'md5' | 'md5-dos2unix'

/** A path of a remote: an object, whose name says what it must hold, or any other file. */
export type RemotePath =
  | { kind: 'object'; path: string; layout: ObjectLayout; digest: string; isDirectory: boolean }
  | { kind: 'plain'; path: string }

const objectPattern = /^(files\/md5\/)?([0-9a-f]{2})\/([0-9a-f]{30})(\.dir)?$/
/** Where only objects lie, and files that start with a dot on their way to becoming one. */
const objectPlace = /^(files\/(?!md5$|(.*\/)?\.[^/]*$)|[0-9a-f]{2}\/(?!\.[^/]*$))/i

/**
 * Reads a path of a remote. Errors: `invalid` for a path that could leave the remote, and for one
 * that lies where objects are and is none.
 */
export function parseRemotePath(path: string): RemotePath {
  const match = objectPattern.exec(path)
  if (match !== null) {
    const [, modern, head = '', rest = '', directory] = match
    return {
      kind: 'object',
      path,
      layout: modern === undefined ? 'md5-dos2unix' : 'md5',
      digest: head + rest,
      isDirectory: directory !== undefined,
    }
  }
  if (objectPlace.test(path)) {
    throw invalid(
      `${JSON.stringify(path.slice(0, 200))} is not the path of an object. Objects are files/md5/ab/cd…: ` +
        'the 32 hexadecimal characters of their md5, and .dir behind that of a directory.',
    )
  }
  return { kind: 'plain', path: checkRelativePath(path) }
}

const idPattern = /^(dos2unix:)?([0-9a-f]{32})(\.dir)?$/

/** Whether an id in batches is that of a file in the layout of DVC 3: its md5 and nothing else. */
export function isPlainId(id: string): boolean {
  return /^[0-9a-f]{32}$/.test(id)
}

/** The path of an object by its id in batches, `<md5>[.dir]` or `dos2unix:<md5>[.dir]`. */
export function pathOfId(id: string): string {
  const match = idPattern.exec(id)
  if (match === null) {
    throw invalid(
      `${JSON.stringify(id.slice(0, 100))} is not an object id: 32 lower-case hexadecimal characters, and .dir for a directory.`,
    )
  }
  const [, legacy, digest = '', directory = ''] = match
  return objectPath(legacy === undefined ? 'md5' : 'md5-dos2unix', digest) + directory
}

export function objectPath(layout: ObjectLayout, digest: string): string {
  const place = `${digest.slice(0, 2)}/${digest.slice(2)}`
  return layout === 'md5' ? `files/md5/${place}` : place
}
