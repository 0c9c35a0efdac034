import type { Client } from '#client/client'
import { chanceOf } from './seed-chance.ts'
import { flightsOfWeek } from './seed-data.ts'

const endpoint = 'late-flights'

/** An endpoint that releases by itself, in one step of half the traffic. */
export async function declareEndpoint(client: Client, project: string): Promise<void> {
  await client.deployments.declareEndpoint({
    params: { project, endpoint },
    body: {
      model: 'late-flights',
      policy: {
        automatic: true,
        steps: [0.5],
        metric: 'log_loss',
        alpha: 0.05,
        tolerance: 0.02,
        minimumRows: 5000,
        parityRows: 50,
      },
    },
  })
}

/** Predictions for the flights of six weeks, and what came true of most of them. */
export async function seedTraffic(client: Client, project: string): Promise<void> {
  const chance = chanceOf(5)
  for (let week = 0; week < 6; week++) {
    const flights = flightsOfWeek(week, 400)
    const ids = flights.map((_, row) => `flight-${week}-${row}`)
    await client.deployments.predict({
      params: { project, endpoint },
      body: {
        columns: {
          distance: flights.map(({ distance }) => distance),
          hour: flights.map(({ at }) => new Date(at).getUTCHours()),
        },
        at: flights.map(({ at }) => at),
        ids,
      },
    })
    await client.deployments.postLabels({
      params: { project, endpoint },
      body: { ids, labels: flights.map(({ delay }) => delay + chance.normal() > 15) },
    })
  }
}
