import { GyreError } from '#kernel/errors'

const texts: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Nothing was stored; free some space.',
  EDQUOT: 'The disk quota is used up. Nothing was stored; free some space.',
  EROFS: 'The file system is read-only. Mount it for writing, or choose another data directory.',
  EACCES: 'The data directory may not be written by this user. Change its owner or its mode.',
  EPERM: 'The data directory may not be written by this user. Change its owner or its mode.',
  EMFILE: 'The process has too many files open. Raise its limit with ulimit -n.',
  ENFILE: 'The system has too many files open.',
  EIO: 'The disk reports an error. Check it.',
  ENOTDIR: 'A part of the path is a file, not a directory.',
  ENAMETOOLONG: 'The path is too long for the file system.',
}
const passing = ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE']

/** The code of a failed system call, such as `ENOENT`. */
export function systemCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}

/** Gives a failed system call that users can do something about as `unavailable`; else as it is. */
export function fromSystemError(thrown: unknown): unknown {
  const code = systemCode(thrown)
  const text = code === undefined ? undefined : texts[code]
  if (code === undefined || text === undefined) return thrown
  return new GyreError({
    code: 'unavailable',
    public: text,
    internal: (thrown as Error).message,
    cause: thrown,
    retryable: passing.includes(code),
  })
}
