import type { JsonObject } from '#kernel/json'

/** What another tracking server has. Texts and numbers are as it gives them. */
export interface Source {
  /** For people and for the record; without credentials. */
  name: string
  experiments(): AsyncIterable<SourceExperiment>
  /** Deleted ones as well. */
  runs(experiment: string): AsyncIterable<SourceRun>
  /** Every point of a run, some thousands at a time. */
  points(run: string): AsyncIterable<SourcePoint[]>
  loggedModels(experiment: string): AsyncIterable<SourceLoggedModel>
  /** With their spans, and what was said of them. */
  traces(experiment: string): AsyncIterable<SourceTrace>
  models(): AsyncIterable<SourceModel>
  /** What it has that is not among the above, by kind; for the report. */
  others(): Promise<Readonly<Record<string, number>>>
  /** The files under an address, or why they cannot be had. */
  files(address: string): Promise<SourceFiles>
  close(): Promise<void>
}

export type SourceFiles = { files: AsyncIterable<SourceFile> } | { problem: string }

export interface SourceFile {
  /** From the address on, `/` between parts. */
  path: string
  sizeBytes: number
  read(): AsyncIterable<Uint8Array>
}

export interface Tag {
  key: string
  value: string
}

export type SourceLifecycle = 'active' | 'deleted'

export interface SourceExperiment {
  id: string
  name: string
  artifactLocation: string
  state: SourceLifecycle
  createdAt: number
  updatedAt: number
  tags: Tag[]
}

export interface SourceRun {
  id: string
  name: string
  user: string
  /** As MLflow writes it: `FINISHED`. */
  status: string
  state: SourceLifecycle
  startedAt: number | null
  endedAt: number | null
  artifactUri: string
  params: Tag[]
  tags: Tag[]
  datasets: SourceDataset[]
  modelInputs: string[]
  modelOutputs: { model: string; step: number }[]
  /** Of all its metrics, where the source can say so without reading them. */
  pointCount: number | undefined
  /** Changes when its metrics do. */
  metricsState: string
}

export interface SourceDataset {
  name: string
  digest: string
  sourceType: string
  source: string
  schema: string | null
  profile: string | null
  tags: Tag[]
}

export interface SourcePoint {
  key: string
  /** A number, or `NaN`, `Infinity`, `-Infinity` as texts. */
  value: number | string
  timestamp: number
  step: number
}

/** A value that a run measured of a logged model. */
export interface SourceModelPoint extends SourcePoint {
  run: string
  datasetName: string | null
  datasetDigest: string | null
}

export interface SourceLoggedModel {
  id: string
  name: string
  artifactLocation: string
  modelType: string
  sourceRun: string
  /** As MLflow writes it: `LOGGED_MODEL_READY`. */
  status: string
  statusMessage: string
  state: SourceLifecycle
  createdAt: number
  updatedAt: number
  params: Tag[]
  tags: Tag[]
  metrics: SourceModelPoint[]
}

export interface SourceTrace {
  id: string
  /** `TraceInfo` of MLflow 3, in JSON. */
  info: JsonObject
  /** As MLflow keeps spans, read by `parseExact`. */
  spans: unknown[]
  /** Why some of its spans cannot be read. */
  problem: string | undefined
}

export interface SourceModel {
  name: string
  description: string
  createdAt: number
  updatedAt: number
  tags: Tag[]
  aliases: { alias: string; version: number }[]
  versions: SourceVersion[]
}

export interface SourceVersion {
  version: number
  /** Of a deleted one only the number counts: no other version gets it. */
  state: SourceLifecycle
  description: string
  user: string
  stage: string
  source: string
  storageLocation: string
  run: string
  runLink: string
  status: string
  statusMessage: string
  createdAt: number
  updatedAt: number
  tags: Tag[]
}
