import { readFile } from 'node:fs/promises'

/** Names a process so that a later one with the same number is not taken for it. */
export interface ProcessIdentity {
  pid: number
  /** Kernel's boot and the process's start in it; empty where the system does not tell. */
  startedAt: string
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, startedAt: await startOf(process.pid) }
}

/** Whether the very process still runs. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  try {
    process.kill(identity.pid, 0)
  } catch (thrown) {
    // Somebody else's process may not be signalled, but it is there.
    if ((thrown as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return (await startOf(identity.pid)) === identity.startedAt
}

async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything; the start time is the 20th field after it.
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    return `${boot.trim()}.${start}`
  } catch {
    // No /proc: the process number alone has to do.
    return ''
  }
}
