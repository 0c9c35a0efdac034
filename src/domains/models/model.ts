import type { Json } from '#kernel/json'
import type { Estimates, MetricName, Estimate } from './evaluation.ts'
import type { GateCheck } from './gate-check.ts'

export interface AliasPointer {
  alias: string
  version: number
  movedAt: number
}

export interface Model {
  name: string
  description: string
  gate: GateCheck[]
  latestVersion: number | null
  aliases: AliasPointer[]
  createdAt: number
  updatedAt: number
}

export interface ModelSignature {
  inputs: { name: string; type: 'number' }[]
  outputs: { name: string; type: 'number' }[]
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
  tags: Record<string, string>
  /** Of the evaluation; empty before there is one. */
  metrics: Estimates
  evaluatedAt: number | null
  gate: 'undecided' | 'passed' | 'refused'
  aliases: string[]
  createdAt: number
  createdBy: string
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

export interface VersionComparison {
  left: number
  right: number
  sameRows: boolean
  metrics: {
    metric: MetricName
    left: Estimate | null
    right: Estimate | null
    difference: number | null
  }[]
  options: { name: string; left: Json; right: Json }[]
  featuresAdded: string[]
  featuresRemoved: string[]
  inputsAdded: string[]
  inputsRemoved: string[]
  commits: { left: string | null; right: string | null }
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
