import { readdirSync, readFileSync } from 'node:fs'

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
  /** Of other groups, as far as they still run. */
  #others = new Set<string>()

  constructor(group: number) {
    this.#group = group
    this.#schedule(firstSampleMs)
  }

  /** Ends the watch and gives the peak; null when the group was gone before the first look. */
  stop(): number | null {
    clearTimeout(this.#timer)
    return this.#peakBytes
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      const bytes = this.#look()
      if (bytes > 0) this.#peakBytes = Math.max(this.#peakBytes ?? 0, bytes)
      this.#schedule(Math.min(delayMs * 2, slowestMs))
    }, delayMs)
    this.#timer.unref()
  }

  /** Bytes of the group now. A process is born into its group, so others need one look each. */
  #look(): number {
    let sum = 0
    const others = new Set<string>()
    for (const pid of processIds()) {
      if (this.#others.has(pid) || groupOf(pid) !== this.#group) others.add(pid)
      else sum += residentBytes(pid)
    }
    this.#others = others
    return sum
  }
}

function processIds(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d/.test(name))
  } catch {
    // No such directory on this system: nothing is seen.
    return []
  }
}

function groupOf(pid: string): number | undefined {
  const stat = readProc(`/proc/${pid}/stat`)
  // The name in parentheses may hold anything; state, parent and group follow it.
  return stat === undefined
    ? undefined
    : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
}

function residentBytes(pid: string): number {
  const status = readProc(`/proc/${pid}/status`)
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1]
  return kibibytes === undefined ? 0 : Number(kibibytes) * 1024
}

/** Processes end while one looks at them. The kernel answers from memory, so nobody waits long. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
