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
    path: '/projects/:project/imported/:kind',
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
  importLoggedModel: endpoint({
    method: 'POST',
    path: '/projects/:project/imports/logged-model',
    summary: 'Bring a logged model with its id and times',
    role: 'admin',
    body: z.object({
      id: z.string(),
      experiment: z.int().nonnegative(),
      name: z.string().max(1000),
      artifactLocation: address,
      modelType: z.string().max(1000),
      sourceRun: z.string().max(100),
      user: z.string().max(1000),
      status: z.enum(['pending', 'ready', 'failed']),
      statusMessage: z.string().max(10_000),
      state: lifecycle,
      createdAt: z.int().nonnegative(),
      updatedAt: z.int().nonnegative(),
      params: texts,
      tags: texts,
      fingerprint: z.string().max(200).optional().describe('Once its files are here'),
      source,
    }),
    maxBodyBytes: largest,
    result: z.object({ artifactLocation: z.string() }),
  }),
  importModel: endpoint({
    method: 'POST',
    path: '/projects/:project/imports/model',
    summary: 'Bring a registered model with its versions, stages and aliases',
    role: 'admin',
    body: z.object({
      name: z.string(),
      description: z.string().max(100_000),
      createdAt: z.int().nonnegative(),
      updatedAt: z.int().nonnegative(),
      tags: texts,
      aliases: z.array(
        z.object({ alias: z.string().min(1).max(300), version: z.int().positive() }),
      ),
      versions: z.array(
        z.object({
          version: z.int().positive(),
          state: lifecycle,
          description: z.string().max(100_000),
          user: z.string().max(1000),
          stage: z.string().max(100),
          source: z.string().max(4000),
          storageLocation: z.string().max(4000),
          run: z.string().max(100),
          runLink: z.string().max(4000),
          loggedModel: z.string().max(100),
          createdAt: z.int().nonnegative(),
          updatedAt: z.int().nonnegative(),
          tags: texts,
        }),
      ),
      fingerprint: z.string().max(200),
      source,
    }),
    maxBodyBytes: largest,
    result: z.object({
      brought: z.array(z.int()),
      taken: z.array(z.int()).describe('Versions whose number another one has here'),
    }),
  }),
} satisfies ApiSpec
