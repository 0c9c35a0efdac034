import type { Subject } from '#kernel/subjects'
import type { MetricNumber } from './metric-number.ts'
import type { RunStatus } from './status.ts'

export type Lifecycle = 'active' | 'deleted'

export interface Experiment {
  /** A decimal text; `0` is Default. */
  id: string
  name: string
  description: string
  tags: Record<string, string>
  state: Lifecycle
  /** An address; `mlflow-artifacts:/…` is in this server. */
  artifactLocation: string
  runCount: number
  createdAt: number
  updatedAt: number
}

export interface RunEnvironment {
  runtime?: string | undefined
  host?: string | undefined
  platform?: string | undefined
  workingDirectory?: string | undefined
  command?: string[] | undefined
  /** Locked name -> version. */
  packages?: Record<string, string> | undefined
  gitCommit?: string | undefined
  gitBranch?: string | undefined
  /** Uncommitted changes were present. */
  gitDirty?: boolean | undefined
}

export interface MetricSummary {
  key: string
  /** The latest: highest (step, timestamp, value). */
  value: MetricNumber
  step: number
  timestamp: number
  /** The one with the lowest (step, timestamp, value). */
  first: MetricNumber
  /** NaN only when every value is. */
  minimum: MetricNumber
  maximum: MetricNumber
  count: number
}

/** A run as a row of the table: latest metrics by key. */
export interface RunSummary {
  id: string
  experiment: string
  experimentName: string
  name: string
  status: RunStatus
  state: Lifecycle
  user: string
  startedAt: number | null
  endedAt: number | null
  parent: string | null
  metrics: Record<string, MetricNumber>
  parameters: Record<string, string>
  tags: Record<string, string>
  /** Of the metrics whose extremes were asked for. */
  minimums?: Record<string, MetricNumber>
  maximums?: Record<string, MetricNumber>
}

/** A run that began with the history of another. */
export interface ForkedRun {
  run: string
  name: string
  /** The last step that they share; null: all that there was. */
  step: number | null
  at: number
}

export interface Run extends RunSummary {
  /** Where it was continued from. */
  forkedFrom: ForkedRun | null
  /** Runs that were continued from it, the newest first. */
  forks: ForkedRun[]
  /** Deleted runs that keep what it had before it went back to a step, the newest first. */
  rewinds: ForkedRun[]
  description: string
  reason: string | null
  environment: RunEnvironment
  inputs: Subject[]
  outputs: Subject[]
  metricSummaries: MetricSummary[]
  createdAt: number
  updatedAt: number
}

export interface ArtifactEntry {
  /** From the root of the run. */
  path: string
  isDirectory: boolean
  sizeBytes: number | null
  sha256: string | null
}
