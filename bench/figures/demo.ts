import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { runGyre } from '../process.ts'

/** The whole story of 26 weeks, once. */
export async function measureDemo(scratch: string): Promise<unknown> {
  const data = await mkdtemp(join(scratch, 'demo-'))
  return JSON.parse(await runGyre(['demo', '--json', '--data', data, '--port', '0']))
}
