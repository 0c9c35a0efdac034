import { z } from 'zod'
import { type ApiSpec, bytes, endpoint } from '../endpoint.ts'
import { modelVersion } from './models.ts'

const origin = z.object({
  project: z.string(),
  model: z.string(),
  version: z.int(),
  record: z.int().describe('The last journal record there at that moment'),
})

/** Models on their way from one server to another. */
export const transferApi = {
  exportVersion: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/versions/:version/export',
    summary:
      'A version as one archive: files, evaluation, run, data by reference, decisions, reviews, moves and journal records',
    role: 'viewer',
    result: bytes,
  }),
  importVersion: endpoint({
    method: 'POST',
    path: '/projects/:project/model-imports',
    summary:
      'Registers the version of an archive as the next one, after everything in the archive was compared',
    role: 'admin',
    query: z.object({ model: z.string().min(1).max(300).optional().describe('Another name') }),
    body: bytes,
    result: z.object({
      version: modelVersion,
      isNew: z.boolean().describe('false: this very archive was imported before'),
      origin,
      run: z.string().nullable(),
      runProblem: z.string().describe('Why its run could not come'),
      foreignData: z
        .array(z.string())
        .describe('Inputs that are not here as they were there; known from the archive only'),
    }),
  }),
  getOrigin: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/versions/:version/origin',
    summary: 'Where a version came from that was imported; null for one that was registered here',
    role: 'viewer',
    result: z.object({
      origin: origin
        .extend({
          exportedAt: z.int(),
          exportedBy: z.string(),
          createdAt: z.int(),
          createdBy: z.string(),
          stage: z.string(),
          gate: z.string(),
          aliases: z.array(z.string()),
          data: z.array(
            z.object({ dataset: z.string(), version: z.string(), rows: z.int().nullable() }),
          ),
          reviews: z.array(z.record(z.string(), z.json())).describe('They do not count here'),
          decisions: z.array(z.record(z.string(), z.json())),
          records: z.int().describe('Journal records that came with it'),
          archive: z.string().describe('The sha256 of its manifest'),
        })
        .nullable(),
    }),
  }),
} satisfies ApiSpec
