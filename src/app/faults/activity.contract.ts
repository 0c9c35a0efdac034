import type { Client } from '#client/client'
import type { Random } from '#science/random'
import { GyreError } from '#kernel/errors'

/** What the activities of one test have in common. */
export interface World {
  /** A directory for what activities need besides the server. */
  directory: string
  project: string
  random: Random
}

/**
 * A part of the work on a server that may be killed at any moment. It remembers what it asked for
 * and what was acknowledged; after a restart it says whether that is what is there.
 */
export interface Activity {
  name: string
  /** How many requests of it are under way at once. */
  places: number
  /** Declares what it works on, on a server that is left alone. */
  prepare(client: Client): Promise<void>
  /** Asks for a change or two. What it throws while the server lives fails the test. */
  act(client: Client, place: number): Promise<void>
  /** Compares what is there with what was acknowledged and what was asked for. */
  verify(client: Client): Promise<void>
  /** Waits until everything that follows from what was asked for is done, and compares again. */
  settle?(client: Client): Promise<void>
  /** How many writes were acknowledged. */
  readonly acknowledged: number
}

/** Gives what was asked for, or undefined where there is no such thing. */
export async function found<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'not_found') return undefined
    throw thrown
  }
}

/** One of the items, by the seed. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(items.length)] as T
}

/** A whole number from `least` to `most`. */
export function between(random: Random, least: number, most: number): number {
  return least + random.integer(most - least + 1)
}
