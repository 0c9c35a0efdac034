import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '#client/client'
import { GyreError } from '#kernel/errors'
import { brokenRelease, firstTraining, weakChallenger } from './chapters.ts'
import { commitWeek, quarantineDamagedWeek } from './arrival.ts'
import { endpointName, project, type Stage, type Step } from './stage.ts'
import { settle } from './settle.ts'
import { sendLabels, sendTraffic } from './traffic.ts'
import {
  readTraffic,
  weekCount,
  weekStart,
  writeDamagedWeek,
  weekOnDisk,
  weekFile,
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
    tellLabels,
    ...(week === firstTrainingWeek ? [proveConsistency, firstTraining] : []),
    ...(week === weakChallengerWeek ? [weakChallenger] : []),
    ...(week === brokenReleaseWeek ? [brokenRelease] : []),
    ...(week === weekCount ? [proveConsistency] : []),
    rest,
  ]
}

/** The week's flights ask for predictions, if a model serves. */
const fly: Step = async (stage, week) => {
  if (!(await serves(stage))) return
  const traffic = await trafficOf(stage, week)
  const report = await sendTraffic(target(stage), traffic, stage.signal)
  stage.position.failedRequests += report.failedRequests
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
  await settle(stage.client, project, stage.signal)
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
  if (!(await serves(stage))) return
  const traffic = await trafficOf(stage, week)
  await sendLabels(target(stage), traffic, weekStart(week + 1), stage.signal)
}

/** The week's file before it has arrived. */
function arriving({ session, scratch }: Stage, week: number): Promise<string> {
  return weekOnDisk(session, week, scratch)
}

async function trafficOf(stage: Stage, week: number): ReturnType<typeof readTraffic> {
  const path = await arriving(stage, week)
  return readTraffic(stage.session, week, path, stage.position.trafficShare)
}

const rest: Step = (stage) => settle(stage.client, project, stage.signal)

function target({ client }: Stage): { client: Client; project: string; endpoint: string } {
  return { client, project, endpoint: endpointName }
}

async function serves({ client }: Stage): Promise<boolean> {
  try {
    const params = { project, endpoint: endpointName }
    return (await client.deployments.getEndpoint({ params })).champion !== null
  } catch (error) {
    if (error instanceof GyreError && error.code === 'not_found') return false
    throw error
  }
}
