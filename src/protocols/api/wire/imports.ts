import { z } from 'zod'
import { type ApiSpec, endpoint } from '../endpoint.ts'
import { runStatus } from './runs.ts'

const lifecycle = z.enum(['active', 'deleted'])
const texts = z.record(z.string().max(1000), z.string().max(200_000))
const address = z.string().max(4000).describe('Empty: its files come to this server')
const source = z.string().max(1000).describe('Where it comes from, for the record')
const largest = 32 * 1024 * 1024

const importedItem = z.object({
  kind: z.string().max(50),
  sourceId: z.string().max(1000),
  targetId: z.string().max(1000),
  fingerprint: z.string().max(200),
})

/** What brings the history of another tracking server here, with its ids, authors and times. */
export const importsApi = {
  listImported: endpoint({
    method: 'GET',
    path: '/projects/:project/imports/:kind',
    summary: 'What was brought from another tracking server',
    role: 'admin',
    result: z.object({ items: z.array(importedItem) }),
  }),
  noteImported: endpoint({
    method: 'POST',
    path: '/projects/:project/imports',
    summary: 'Say that something was brought whole',
    role: 'admin',
    body: importedItem.extend({ source }),
  }),
  importExperiment: endpoint({
    method: 'POST',
    path: '/projects/:project/imports/experiment',
    summary: 'Bring an experiment with its number and times',
    role: 'admin',
    body: z.object({
      number: z.int().nonnegative().describe('Kept where it is free'),
      name: z.string(),
      tags: texts,
      state: lifecycle,
      artifactLocation: address,
      createdAt: z.int().nonnegative(),
      updatedAt: z.int().nonnegative(),
      source,
    }),
    maxBodyBytes: largest,
    result: z.object({ number: z.int() }),
  }),
  importRun: endpoint({
    method: 'POST',
    path: '/projects/:project/imports/run',
    summary: 'Bring a run with its id, author and times',
    role: 'admin',
    body: z.object({
      id: z.string(),
      experiment: z.int().nonnegative(),
      name: z.string().max(1000),
      user: z.string().max(1000),
      status: runStatus,
      state: lifecycle,
      startedAt: z.int().nullable(),
      endedAt: z.int().nullable(),
      artifactUri: address,
      parameters: texts,
      tags: texts,
      fingerprint: z
        .string()
        .max(200)
        .optional()
        .describe('Once all of the run is here; until then it is active'),
      source,
    }),
    maxBodyBytes: largest,
  }),
} satisfies ApiSpec
