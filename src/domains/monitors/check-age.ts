import { formatInstant, parseDuration } from '#kernel/time'
import { parseSubject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { newestEvent } from '#domains/data/index'
import type { ModelVersion } from '#domains/models/index'
import type { MonitorCheck } from './monitor.ts'
import { above, plainCheck } from './plain-check.ts'

/** How far the newest data lies behind what is predicted for. */
export async function checkStaleness(
  ctx: Context,
  project: string,
  version: ModelVersion | undefined,
  lastEvent: number,
  maximum: string | null,
): Promise<{ checks: MonitorCheck[]; inputs: string[] }> {
  const checks: MonitorCheck[] = []
  const inputs: string[] = []
  for (const [dataset] of trainedOn(version)) {
    const newest = await newestEvent(ctx, { project, dataset, version: 'latest' })
    if (newest === undefined) continue
    inputs.push(`data:${dataset}@${newest.version}`)
    const staleMs = Math.max(0, lastEvent - newest.at)
    checks.push(
      plainCheck(
        'staleness',
        dataset,
        'seconds',
        staleMs / 1000,
        { threshold: maximum === null ? null : parseDuration(maximum) / 1000, isOver: above },
        `The newest row of ${dataset} (version ${newest.version}) is of ${formatInstant(newest.at)}.`,
      ),
    )
  }
  return { checks, inputs }
}

/** How far the newest data that the version learned from lies behind what it predicts for. */
export async function checkModelAge(
  ctx: Context,
  project: string,
  version: ModelVersion | undefined,
  lastEvent: number,
  maximum: string | null,
): Promise<MonitorCheck[]> {
  const newest: number[] = []
  for (const [dataset, dataVersion] of trainedOn(version)) {
    const known = await newestEvent(ctx, { project, dataset, version: dataVersion })
    if (known !== undefined) newest.push(known.at)
  }
  if (newest.length === 0) return []
  const at = Math.max(...newest)
  return [
    plainCheck(
      'model-age',
      null,
      'seconds',
      Math.max(0, lastEvent - at) / 1000,
      { threshold: maximum === null ? null : parseDuration(maximum) / 1000, isOver: above },
      `The model learned from data until ${formatInstant(at)}.`,
    ),
  ]
}

/** Data sets that a version learned from, with their versions. */
function trainedOn(version: ModelVersion | undefined): Map<string, string> {
  const subjects = (version?.inputs ?? [])
    .filter((input) => input.startsWith('data:'))
    .map((input) => parseSubject(input))
  return new Map(subjects.map(({ name, version: of }) => [name, of ?? 'latest']))
}
