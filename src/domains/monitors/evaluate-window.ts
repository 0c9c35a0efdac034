import { GyreError } from '#kernel/errors'
import type { FrameSession } from '#ports/frames/frames'
import type { Context } from '#domains/access/index'
import { endpointModel } from '#domains/deployments/index'
import {
  type Evaluation,
  getEvaluation,
  getProfile,
  getVersion,
  type ModelProfile,
  type ModelVersion,
} from '#domains/models/index'
import { checkDrift, type DriftFindings } from './check-drift.ts'
import { checkPerformance } from './check-performance.ts'
import { checkModelAge, checkStaleness } from './check-age.ts'
import { checkMissing, checkService } from './check-service.ts'
import type { MonitorCheck, MonitorSettings } from './monitor.ts'
import { settingsOf } from './settings.ts'
import type { MonitorRow } from './store.ts'
import { readHistograms, readRealised, type ServedRows, type WindowSpan } from './window-data.ts'

/** What a window shows, before the error control decides about it. */
export interface WindowFindings {
  checks: MonitorCheck[]
  histograms: DriftFindings['histograms']
  /** Subjects that it was decided on. */
  inputs: string[]
  reference: number | null
}

/** Measures everything that the monitor watches in one window. */
export async function measureWindow(
  ctx: Context,
  session: FrameSession,
  row: MonitorRow,
  span: WindowSpan,
  served: ServedRows,
  labelled: number,
  from: string,
): Promise<WindowFindings> {
  const settings = settingsOf(row)
  const version = served.versions[0]?.version ?? null
  const reference = await readReference(ctx, row, version)
  const drift = await measureDrift(session, from, span, version, reference.profile, settings)
  const staleness = await checkStaleness(
    ctx,
    row.project,
    reference.version,
    served.lastEvent,
    settings.maximumStaleness,
  )
  return {
    reference: version,
    histograms: drift.histograms,
    inputs: [
      ...(reference.version === undefined
        ? []
        : [`model:${reference.version.model}@${reference.version.version}`]),
      ...staleness.inputs,
    ],
    checks: [
      ...drift.checks,
      ...checkMissing(drift.histograms, settings.maximumMissingRate),
      ...(await performanceChecks(session, span, version, labelled, reference, settings)),
      ...(await checkService(ctx, span, served, labelled, settings)),
      ...staleness.checks,
      ...(await checkModelAge(
        ctx,
        row.project,
        reference.version,
        served.lastEvent,
        settings.maximumModelAge,
      )),
    ],
  }
}

/** Without any label there is nothing to say, which the label rate says already. */
async function performanceChecks(
  session: FrameSession,
  span: WindowSpan,
  version: number | null,
  labelled: number,
  reference: Reference,
  settings: MonitorSettings,
): Promise<MonitorCheck[]> {
  if (labelled === 0 || version === null) return []
  return checkPerformance(await readRealised(session, span, version), reference, settings)
}

async function measureDrift(
  session: FrameSession,
  from: string,
  span: WindowSpan,
  version: number | null,
  profile: ModelProfile | undefined,
  settings: MonitorSettings,
): Promise<DriftFindings> {
  if (profile === undefined || version === null) return { checks: [], histograms: {} }
  const days = await readHistograms(session, from, span, version, profile)
  return checkDrift(days, profile, settings.drift)
}

interface Reference {
  version: ModelVersion | undefined
  profile: ModelProfile | undefined
  evaluation: Evaluation | undefined
}

/** What is known of the version that served most of the window. */
async function readReference(
  ctx: Context,
  { project, endpoint }: MonitorRow,
  version: number | null,
): Promise<Reference> {
  if (version === null) return { version: undefined, profile: undefined, evaluation: undefined }
  const model = await endpointModel(ctx, { project, endpoint })
  const query = { project, model, version: String(version) }
  return {
    version: await ifThere(getVersion(ctx, query)),
    profile: await ifThere(getProfile(ctx, query)),
    evaluation: await ifThere(getEvaluation(ctx, query)),
  }
}

async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'not_found') return undefined
    throw thrown
  }
}
