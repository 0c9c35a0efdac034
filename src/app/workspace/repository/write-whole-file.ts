import {
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'

/** Replaces a file in one piece: whoever reads it, and a crash, finds the old or the new. */
export function writeWholeFile(place: string, text: string): void {
  const draft = `${place}.${process.pid}.tmp`
  const mode = statSync(place, { throwIfNoEntry: false })?.mode
  try {
    const file = openSync(draft, 'w', mode === undefined ? 0o666 : mode & 0o777)
    try {
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(draft, place)
  } finally {
    rmSync(draft, { force: true })
  }
}
