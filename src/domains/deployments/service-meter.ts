import type { VariantRole } from './endpoint.ts'

/** Bucket i holds latencies up to 0.01 ms × 2^(i/4): from 10 µs to 11 minutes, 19 % wide. */
const bucketsPerDoubling = 4
const leastMs = 0.01
const bucketCount = 104

export interface ServiceNumbers {
  requests: number
  predictions: number
  /** Requests that failed by our fault. */
  errors: number
  /** Requests that failed by the caller's fault. */
  rejected: number
  /** Requests refused for overload. */
  shed: number
  /** Feature values that were not known. */
  missing: number
  p50Ms: number | null
  p99Ms: number | null
}

/** What a version did within a minute. */
export interface VariantNumbers {
  version: number
  role: VariantRole
  requests: number
  predictions: number
  errors: number
  missing: number
  latency: number[]
}

/** What one gateway saw of one endpoint within one minute. */
export interface MinuteNumbers extends Omit<ServiceNumbers, 'p50Ms' | 'p99Ms'> {
  minute: number
  dropped: number
  latency: number[]
  variants: VariantNumbers[]
}

export function emptyMinute(minute: number): MinuteNumbers {
  return {
    minute,
    requests: 0,
    predictions: 0,
    errors: 0,
    rejected: 0,
    shed: 0,
    missing: 0,
    dropped: 0,
    latency: [],
    variants: [],
  }
}

/** Counts a latency into buckets, which grow as needed. */
export function countLatency(buckets: number[], ms: number): void {
  const position = Math.ceil(Math.log2(Math.max(ms, leastMs) / leastMs) * bucketsPerDoubling)
  const bucket = Math.min(position, bucketCount - 1)
  while (buckets.length <= bucket) buckets.push(0)
  buckets[bucket] = (buckets[bucket] ?? 0) + 1
}

/** The upper bound of the bucket where the share `q` of all is reached; null for none. */
export function latencyQuantile(buckets: readonly number[], q: number): number | null {
  const total = buckets.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let seen = 0
  for (let i = 0; i < buckets.length; i++) {
    seen += buckets[i] ?? 0
    if (seen >= q * total) return bucketUpperMs(i)
  }
  return bucketUpperMs(buckets.length - 1)
}

/** Upper bound of a bucket in ms. */
export function bucketUpperMs(bucket: number): number {
  return Number((leastMs * 2 ** (bucket / bucketsPerDoubling)).toPrecision(4))
}

/** Adds bucket counts to others. */
export function addBuckets(into: number[], from: readonly number[]): void {
  while (into.length < from.length) into.push(0)
  for (let i = 0; i < from.length; i++) into[i] = (into[i] ?? 0) + (from[i] ?? 0)
}

/** Adds up minutes, of several gateways or of a span of time. */
export function addMinutes(minute: number, parts: readonly MinuteNumbers[]): MinuteNumbers {
  const sum = emptyMinute(minute)
  for (const part of parts) {
    sum.requests += part.requests
    sum.predictions += part.predictions
    sum.errors += part.errors
    sum.rejected += part.rejected
    sum.shed += part.shed
    sum.missing += part.missing
    sum.dropped += part.dropped
    addBuckets(sum.latency, part.latency)
    for (const numbers of part.variants) addVariant(sum.variants, numbers)
  }
  return sum
}

function addVariant(variants: VariantNumbers[], numbers: VariantNumbers): void {
  const known = variantOf(variants, numbers.version, numbers.role)
  known.requests += numbers.requests
  known.predictions += numbers.predictions
  known.errors += numbers.errors
  known.missing += numbers.missing
  addBuckets(known.latency, numbers.latency)
}

/** The numbers of a version in a role, made when they are not there yet. */
export function variantOf(
  variants: VariantNumbers[],
  version: number,
  role: VariantRole,
): VariantNumbers {
  const known = variants.find((v) => v.version === version && v.role === role)
  if (known !== undefined) return known
  const numbers = { version, role, requests: 0, predictions: 0, errors: 0, missing: 0, latency: [] }
  variants.push(numbers)
  return numbers
}

/** Without what only the engine needs. */
export function serviceNumbers(minute: MinuteNumbers): ServiceNumbers {
  const { requests, predictions, errors, rejected, shed, missing, latency } = minute
  return {
    requests,
    predictions,
    errors,
    rejected,
    shed,
    missing,
    p50Ms: latencyQuantile(latency, 0.5),
    p99Ms: latencyQuantile(latency, 0.99),
  }
}
