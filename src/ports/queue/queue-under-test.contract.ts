import assert from 'node:assert/strict'
import { GyreError } from '#kernel/errors'
import type { Tables } from '#ports/tables/tables'
import type { HeldJob, Job, NewJob, Queue } from './queue.ts'

/** A fresh queue whose clock moves only by `advance`. */
export interface QueueUnderTest {
  queue: Queue
  tables: Tables
  advance(ms: number): void
  now(): number
  close(): Promise<void>
}

export type Open = () => Promise<QueueUnderTest>

export const leaseMs = 1000

export const job = (more: Partial<NewJob> = {}): NewJob => ({
  kind: 'work',
  project: 'default',
  payload: null,
  ...more,
})

export async function withQueue(
  open: Open,
  work: (given: QueueUnderTest) => Promise<void>,
): Promise<void> {
  const given = await open()
  try {
    await work(given)
  } finally {
    await given.close()
  }
}

export function insert({ tables, queue }: QueueUnderTest, ...jobs: NewJob[]): Promise<void> {
  return tables.write<unknown, void>((tx) => queue.insert(tx, jobs))
}

export async function claim(queue: Queue, owner = 'me'): Promise<HeldJob> {
  const held = await queue.claim(['work'], owner, leaseMs)
  assert.ok(held, 'there is a job to claim')
  return held
}

export async function only(queue: Queue): Promise<Job> {
  const jobs = await queue.list()
  assert.equal(jobs.length, 1)
  return jobs[0]!
}

export function isConflict(thrown: unknown): boolean {
  return thrown instanceof GyreError && thrown.code === 'conflict'
}
