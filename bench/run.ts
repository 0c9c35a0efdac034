/**
 * The benchmark: `npm run bench`, or with names of figures only those. Prints one JSON document.
 * Nothing is asserted; machines differ. See README.md beside this file.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { packageVersion } from '#app/package-facts'
import { measureCommit } from './figures/commit.ts'
import { measureData } from './figures/data.ts'
import { measureDemo } from './figures/demo.ts'
import { measureDrift } from './figures/drift.ts'
import { measureEvents } from './figures/events.ts'
import { measurePredictionsAndJoin } from './figures/predictions.ts'
import { measureRemote } from './figures/remote.ts'
import { measureSharing } from './figures/sharing.ts'
import { measureStart } from './figures/start.ts'
import { measureTracking } from './figures/tracking.ts'
import { measureTraining } from './figures/training.ts'

const figures: Readonly<Record<string, (scratch: string) => Promise<unknown>>> = {
  start: measureStart,
  training: measureTraining,
  drift: measureDrift,
  commit: measureCommit,
  data: measureData,
  events: measureEvents,
  serving: measurePredictionsAndJoin,
  tracking: measureTracking,
  remote: measureRemote,
  sharing: measureSharing,
  demo: measureDemo,
}

const asked = process.argv.slice(2)
const unknown = asked.find((name) => !(name in figures))
if (unknown !== undefined) {
  throw new Error(`There is no figure "${unknown}": ${Object.keys(figures).join(', ')}.`)
}
const scratch = await mkdtemp(join(tmpdir(), 'gyre-bench-'))
const results: Record<string, unknown> = {}
try {
  for (const [name, measure] of Object.entries(figures)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    process.stderr.write(`${name} …\n`)
    results[name] = await measure(scratch)
  }
} finally {
  await rm(scratch, { recursive: true, force: true })
}
const machine = {
  processor: cpus()[0]?.model,
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 1e9),
  load: loadavg(),
}
const versions = { gyre: packageVersion(), node: process.version }
console.log(JSON.stringify({ at: new Date().toISOString(), machine, versions, results }, null, 2))
