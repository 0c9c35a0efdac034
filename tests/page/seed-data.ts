import { createHash } from 'node:crypto'
import type { Client } from '#client/client'
import { chanceOf, type Chance } from './seed-chance.ts'

const expectations = [
  { expect_table_row_count_to_be_between: { min_value: 200, max_value: 5000 } },
  { expect_column_values_to_not_be_null: { column: 'origin' } },
  { expect_column_values_to_match_regex: { column: 'origin', regex: '^[A-Z]{3}$' } },
  { expect_column_values_to_be_between: { column: 'distance', min_value: 1, max_value: 6000 } },
  {
    expect_column_mean_to_be_between: {
      column: 'delay',
      min_value: -10,
      max_value: 25,
      severity: 'warn',
    },
  },
]

const airports = ['ATL', 'ORD', 'DFW', 'LAX', 'PHX', 'DEN', 'SFO', 'BOS', 'JFK', 'MSP']
const firstDay = Date.UTC(2001, 0, 1)
export const weekMs = 7 * 86_400_000

export interface Flight {
  at: number
  delay: number
  distance: number
  origin: string
  destination: string
}

/** Flights of one week; later weeks are later on average, so that there is something to find. */
export function flightsOfWeek(week: number, rows = 900): Flight[] {
  const chance = chanceOf(week + 7)
  return Array.from({ length: rows }, (_, row) => {
    const at = firstDay + week * weekMs + Math.floor((row / rows) * weekMs)
    const hour = new Date(at).getUTCHours()
    return {
      at,
      delay: Math.round(chance.normal() * 22 + hour / 2 + week * 1.5 - 6),
      distance: 120 + Math.floor(chance.next() ** 2 * 2400),
      origin: airports[Math.floor(chance.next() * airports.length)] ?? 'ATL',
      destination: airports[Math.floor(chance.next() * airports.length)] ?? 'ORD',
    }
  })
}

/** A data set with seven committed weeks and a broken one that is quarantined. */
export async function seedData(client: Client, project: string): Promise<void> {
  const dataset = 'flights'
  await client.data.declareDataset({
    params: { project, dataset },
    body: {
      description: 'Flights within the United States, one file a week',
      path: 'data/flights',
      timestamp: 'date',
      knownAt: 'known_at',
      expectations,
    },
  })
  const files: Awaited<ReturnType<typeof upload>>[] = []
  for (let week = 0; week < 8; week++) {
    const broken = week === 4
    const file = await upload(client, project, `week-0${week + 1}.csv`, csvOf(week, broken))
    await client.data
      .commitVersion({
        params: { project, dataset },
        body: {
          files: [...files, file],
          message: broken ? 'Week 5, as the carrier sent it' : `Week ${week + 1}`,
          gitCommit: createHash('sha1').update(`week ${week}`).digest('hex'),
        },
      })
      .catch((error: unknown) => {
        if (!broken) throw error
      })
    if (!broken) files.push(file)
  }
}

function csvOf(week: number, broken: boolean): string {
  const known = new Date(firstDay + (week + 1) * weekMs).toISOString().slice(0, 10)
  const lines = flightsOfWeek(week).map(({ at, delay, distance, origin, destination }, row) => {
    const from = broken && row % 3 === 0 ? '' : origin
    const far = broken && row % 5 === 0 ? -1 : distance
    const date = new Date(at).toISOString().slice(0, 16).replace('T', ' ')
    return `${date},${delay},${far},${from},${destination},${known}`
  })
  return ['date,delay,distance,origin,destination,known_at', ...lines, ''].join('\n')
}

export async function upload(
  client: Client,
  project: string,
  path: string,
  text: string | Uint8Array<ArrayBuffer>,
) {
  const content = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const sha256 = createHash('sha256').update(content).digest('hex')
  const stored = await client.data.uploadBlob({ params: { project, sha256 }, body: content })
  return { path, ...stored }
}

export type { Chance }
