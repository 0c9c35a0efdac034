import { invalid } from './errors.ts'

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,127}$/u

/**
 * Checks a name that people choose for a thing (project, data set, model, endpoint, monitor).
 * Letters and digits of any script, then also `.`, `_`, `-`; at most 128 characters, in Unicode
 * normal form C so that names that look alike are alike. Returns the normalised name.
 */
export function checkName(kind: string, name: string): string {
  const normal = name.normalize('NFC')
  if (namePattern.test(normal) && !normal.includes('..')) return normal
  throw invalid(
    `${JSON.stringify(name.slice(0, 200))} is not a valid ${kind} name. Use letters, digits, ".", "_" and "-", ` +
      'starting with a letter or digit, without "..", at most 128 characters.',
  )
}

/**
 * Checks a file's path inside a data set, run or model: relative, `/` between parts, no empty part,
 * no `.` or `..`, no control characters, no `\`. Paths from clients are keys and never touch the
 * file system; this keeps them safe to check out on any system as well. Returns it in form C.
 */
export function checkRelativePath(path: string): string {
  const normal = path.normalize('NFC')
  const parts = normal.split('/')
  const bad = parts.find((part) => part === '' || part === '.' || part === '..')
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (bad === undefined && !/[\u0000-\u001f\u007f\\]/.test(normal) && normal.length <= 1024) {
    return normal
  }
  throw invalid(
    `${JSON.stringify(path.slice(0, 200))} is not a valid path. Use a relative path with "/" between its parts, ` +
      'without "." or ".." parts, "\\" or control characters, at most 1,024 characters.',
  )
}
