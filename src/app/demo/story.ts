import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '#client/client'
import { brokenRelease, firstTraining, weakChallenger } from './chapters.ts'
import { commitWeek, quarantineDamagedWeek } from './arrival.ts'
import { endpointName, project, settle, type Stage, type Step } from './stage.ts'
import { hasLabels, keepPredictions, sendInOrder, sendLabels, sendTraffic } from './traffic.ts'
import {
  readTraffic,
  weekCount,
  weekStart,
  writeDamagedWeek,
  weekOnDisk,
  weekFile,
  type WeekTraffic,
} from './weeks.ts'

/** The weeks in which something else happens besides flying; chosen before looking at results. */
const firstTrainingWeek = 4
const weakChallengerWeek = 7
const damagedBatchWeek = 10
/** The week after is an ordinary one: in the calmest, a model that expects no delays is hardly wrong. */
const brokenReleaseWeek = 14

/** What happens in a week, in order. */
export function stepsOf(week: number): Step[] {
  return [
    fly,
    ...(week === damagedBatchWeek ? [damaged] : []),
    arrive,
    settle,
    tellLabels,
    settle,
    ...(week === firstTrainingWeek ? [proveConsistency, firstTraining] : []),
    ...(week === weakChallengerWeek ? [weakChallenger] : []),
    ...(week === brokenReleaseWeek ? [brokenRelease] : []),
    ...(week === weekCount ? [proveConsistency] : []),
    settle,
  ]
}

/**
 * The week's flights ask for predictions, if a model serves. While a release is tried they ask in
 * order, and the release is looked at after each request: it is looked at every few seconds anyway,
 * which in a week that takes a second would be as often as the machine is slow.
 */
const fly: Step = async (stage, week) => {
  const endpoint = await findEndpoint(stage)
  if ((endpoint?.champion ?? null) === null) return
  const traffic = await trafficOf(stage, week)
  const failed =
    endpoint?.rollout?.state === 'canary'
      ? await sendInOrder(target(stage), traffic, stage.signal, () => lookAtRelease(stage))
      : await sendTraffic(target(stage), traffic, stage.signal)
  stage.position.failedRequests += failed
  await keepPredictions(target(stage), traffic)
}

async function lookAtRelease(stage: Stage): Promise<void> {
  const rollout = (await findEndpoint(stage))?.rollout
  if (rollout?.state !== 'canary') return
  const params = { project, rollout: rollout.id }
  await stage.client.deployments.advanceRollout({ params, signal: stage.signal })
  await settle(stage)
}

const damaged: Step = async (stage, week) => {
  const file = join(stage.workspace, 'data/flights', weekFile(week))
  await mkdir(join(stage.workspace, 'data/flights'), { recursive: true })
  await writeDamagedWeek(stage.session, await arriving(stage, week), file)
  stage.say(`week ${week}: a damaged copy of the week arrives (made by this demo)`)
  await quarantineDamagedWeek(stage, week)
  await rm(file)
}

/** Monday: the week's file arrives and becomes a version; the loop brings the features up to it. */
const arrive: Step = async (stage, week) => {
  await mkdir(join(stage.workspace, 'data/flights'), { recursive: true })
  await copyFile(await arriving(stage, week), join(stage.workspace, 'data/flights', weekFile(week)))
  await commitWeek(stage, week)
}

/** Proves on sampled rows that training and serving compute the same features. */
const proveConsistency: Step = async (stage, week) => {
  const report = await stage.client.features.check({
    params: { project, service: 'late_flights' },
    body: { rows: 2000, seed: week },
    signal: stage.signal,
  })
  const verdict = report.consistent ? 'equal' : `${report.mismatches} values differ`
  stage.say(`week ${week}: features of ${report.rows} flights, offline and online: ${verdict}`)
}

/** Monday, too: it is known who was late. */
const tellLabels: Step = async (stage, week) => {
  if (((await findEndpoint(stage))?.champion ?? null) === null) return
  const traffic = await trafficOf(stage, week)
  // Another sitting may have told them, and each is to be told once.
  if (stage.mayRepeat && (await hasLabels(target(stage), traffic))) return
  await sendLabels(target(stage), traffic, weekStart(week + 1), stage.signal)
}

/** The week's file before it has arrived. */
function arriving({ session, scratch }: Stage, week: number): Promise<string> {
  return weekOnDisk(session, week, scratch)
}

async function trafficOf(stage: Stage, week: number): Promise<WeekTraffic> {
  if (stage.traffic?.week === week) return stage.traffic.rows
  const path = await arriving(stage, week)
  const rows = await readTraffic(stage.session, week, path, stage.position.trafficShare)
  stage.traffic = { week, rows }
  return rows
}

function target({ client }: Stage): { client: Client; project: string; endpoint: string } {
  return { client, project, endpoint: endpointName }
}

type Endpoints = Awaited<ReturnType<Client['deployments']['listEndpoints']>>['items']

async function findEndpoint({ client }: Stage): Promise<Endpoints[number] | undefined> {
  const { items } = await client.deployments.listEndpoints({ params: { project } })
  return items.find(({ name }) => name === endpointName)
}
