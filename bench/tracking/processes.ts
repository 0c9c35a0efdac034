import { readdir, readFile } from 'node:fs/promises'

const ticksPerSecond = 100
const pageBytes = 4096

interface Stat {
  parent: number
  cpuSeconds: number
  residentBytes: number
}

/** CPU seconds of processes and all below them, ended ones included, and what they hold in memory. */
export async function usageOf(
  roots: readonly number[],
): Promise<{ cpuSeconds: number; residentBytes: number; processes: number }> {
  const all = await readAll()
  const tree = new Set(roots.filter((pid) => all.has(pid)))
  for (let grown = true; grown;) {
    grown = false
    for (const [pid, { parent }] of all) {
      if (tree.has(pid) || !tree.has(parent)) continue
      tree.add(pid)
      grown = true
    }
  }
  let cpuSeconds = 0
  let residentBytes = 0
  for (const pid of tree) {
    cpuSeconds += all.get(pid)?.cpuSeconds ?? 0
    residentBytes += all.get(pid)?.residentBytes ?? 0
  }
  return { cpuSeconds, residentBytes, processes: tree.size }
}

async function readAll(): Promise<Map<number, Stat>> {
  const all = new Map<number, Stat>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined)
    if (text !== undefined) all.set(Number(name), parse(text))
  }
  return all
}

/** The name of a process may hold anything, so the fields are counted from its closing bracket. */
function parse(text: string): Stat {
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const field = (number: number): number => fields[number - 3] ?? 0
  const ticks = field(14) + field(15) + field(16) + field(17)
  return {
    parent: field(4),
    cpuSeconds: ticks / ticksPerSecond,
    residentBytes: field(24) * pageBytes,
  }
}
