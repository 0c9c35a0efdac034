import { readdir, readFile } from 'node:fs/promises'

const firstSampleMs = 20
const slowestMs = 1000

/**
 * The highest resident memory of a process group that was seen. Looks often at first, so that short
 * commands are seen, too, then once a second. Pages that processes share count in each of them.
 */
export class GroupMemory {
  readonly #group: number
  #peakBytes: number | null = null
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(group: number) {
    this.#group = group
    this.#schedule(firstSampleMs)
  }

  /** Ends the watch and gives the peak; null when the group was gone before the first look. */
  stop(): number | null {
    this.#stopped = true
    clearTimeout(this.#timer)
    return this.#peakBytes
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      void groupBytes(this.#group).then((bytes) => {
        if (this.#stopped) return
        if (bytes > 0) this.#peakBytes = Math.max(this.#peakBytes ?? 0, bytes)
        this.#schedule(Math.min(delayMs * 2, slowestMs))
      })
    }, delayMs)
    this.#timer.unref()
  }
}

async function groupBytes(group: number): Promise<number> {
  let sum = 0
  for (const name of await readdir('/proc').catch(() => [])) {
    const first = name.charCodeAt(0)
    if (first < 48 || first > 57) continue
    if ((await groupOf(name)) === group) sum += await residentBytes(name)
  }
  return sum
}

async function groupOf(pid: string): Promise<number | undefined> {
  const stat = await readProc(`/proc/${pid}/stat`)
  // The name in parentheses may hold anything; state, parent and group follow it.
  return stat === undefined
    ? undefined
    : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
}

async function residentBytes(pid: string): Promise<number> {
  const status = await readProc(`/proc/${pid}/status`)
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1]
  return kibibytes === undefined ? 0 : Number(kibibytes) * 1024
}

/** Processes end while one looks at them. */
async function readProc(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}
