import type { Json } from '#kernel/json'
import type { MetricNumber } from '#domains/runs/index'
import type { Difference, Sides } from './differing.ts'
import type { Estimates, MetricName, Estimate } from './evaluation.ts'
import type { GateCheck } from './gate-check.ts'
import type { Stage } from './stages.ts'

export interface AliasPointer {
  alias: string
  version: number
  movedAt: number
}

export interface Model {
  name: string
  description: string
  gate: GateCheck[]
  /** Aliases, and stages as `stage:Production`, that a version reaches only through the gate. */
  guards: string[]
  tags: Record<string, string>
  latestVersion: number | null
  aliases: AliasPointer[]
  createdAt: number
  updatedAt: number
}

/** `number` where only that is known; else the type as MLflow's signature has it: `double`, `tensor`. */
export interface ModelSignature {
  inputs: { name: string; type: string }[]
  outputs: { name: string; type: string }[]
}

export interface VersionFile {
  path: string
  sha256: string
  sizeBytes: number
}

export interface ModelVersion {
  model: string
  version: number
  description: string
  run: string | null
  learner: string
  options: Record<string, Json>
  signature: ModelSignature
  /** In the order of the model's input. */
  features: string[]
  /** `service:name@digest` */
  featureService: string | null
  target: string | null
  /** Data and feature versions that it was trained on. */
  inputs: string[]
  gitCommit: string | null
  files: VersionFile[]
  /** The address that it was registered from, such as `runs:/…/model`; null: file by file. */
  source: string | null
  /** Where its artifacts are, as a client of MLflow reads it; null as for `source`. */
  storageLocation: string | null
  runLink: string | null
  loggedModel: string | null
  stage: Stage
  tags: Record<string, string>
  /** Of the evaluation; empty before there is one. */
  metrics: Estimates
  evaluatedAt: number | null
  gate: 'undecided' | 'passed' | 'refused'
  /** As somebody declared it; null: nobody did. */
  licence: string | null
  aliases: string[]
  createdAt: number
  createdBy: string
  updatedAt: number
}

export interface StageMove {
  version: number
  /** null: the version was deleted or its model got another name. */
  stage: Stage | null
  previous: Stage | null
  at: number
  actor: string
  reason: string
  override: boolean
  evidence: string[]
}

export interface AliasMove {
  alias: string
  /** null: the alias was removed. */
  version: number | null
  previous: number | null
  at: number
  actor: string
  reason: string
  /** Moved against the gate. */
  override: boolean
  evidence: string[]
}

/** Of the move that put a pointer where it is. */
export interface MovedPointer {
  actor: string
  reason: string
  /** Moved against the gate. */
  override: boolean
  evidence: string[]
}

/** Differences only, unless it says otherwise. `right` minus `left`, where there are numbers. */
export interface VersionComparison {
  left: number
  right: number
  sameRows: boolean
  /** Of the evaluations, the same ones as well. */
  metrics: {
    metric: MetricName
    left: Estimate | null
    right: Estimate | null
    difference: number | null
  }[]
  /** Last values that were logged, the same ones as well. */
  logged: {
    metric: string
    left: MetricNumber | null
    right: MetricNumber | null
    difference: number | null
  }[]
  options: Difference<Json>[]
  parameters: Difference<string>[]
  packages: Difference<string>[]
  signature: {
    inputs: Difference<string>[]
    outputs: Difference<string>[]
    /** The same inputs in another order. */
    isReordered: boolean
  }
  featuresAdded: string[]
  featuresRemoved: string[]
  inputsAdded: string[]
  inputsRemoved: string[]
  /** Every data set that either was made from. */
  data: {
    dataset: string
    left: { version: string; rows: number | null } | null
    right: { version: string; rows: number | null } | null
  }[]
  files: {
    path: string
    left: { sha256: string; sizeBytes: number } | null
    right: { sha256: string; sizeBytes: number } | null
  }[]
  filesUnchanged: number
  sizeBytes: Sides<number>
  commits: Sides<string | null>
}

/** Histograms of training data by feature and by day of event time, for drift. */
export interface ModelProfile {
  rows: number
  target?: { name: string; rate: number } | undefined
  predictions: { edges: number[]; counts: number[] }
  features: FeatureProfile[]
  blocks: {
    start: number
    rows: number
    predictions: number[]
    /** Rows of class 1 among `predictions`; profiles before version 0.2.0 have none. */
    positives?: number[] | undefined
    features: Record<string, number[]>
  }[]
}

export interface FeatureProfile {
  name: string
  /** Ascending inner edges; bucket i is [edge i-1, edge i). */
  edges: number[]
  missing: number
  counts: number[]
  mean: number | null
  deviation: number | null
}
