import type { Json, JsonObject } from '#kernel/json'

/** Parts of a body of unknown make: what is of another kind reads as empty. */
export function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {}
}

export function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : []
}

export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
