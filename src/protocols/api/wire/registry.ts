import { z } from 'zod'
import { roles } from '#kernel/roles'
import { type ApiSpec, bytes, endpoint } from '../endpoint.ts'
import { aliasPointer, model, modelVersion } from './models.ts'

const registryTags = z.record(z.string().max(250), z.string().max(100_000))
const changedTags = z
  .record(z.string().max(250), z.string().max(100_000).nullable())
  .describe('null removes a tag')
const stage = z.enum(['None', 'Staging', 'Production', 'Archived'])

export const review = z.object({
  id: z.string(),
  verdict: z.enum(['approved', 'rejected', 'comment']),
  comment: z.string(),
  actor: z.string(),
  role: z.enum(roles).describe('The highest that the actor had at that moment'),
  at: z.int(),
})
export type Review = z.infer<typeof review>

export const stageMove = z.object({
  version: z.int(),
  stage: stage.nullable().describe('null: the version is no longer there under this name'),
  previous: stage.nullable(),
  at: z.int(),
  actor: z.string(),
  reason: z.string(),
  override: z.boolean().describe('Moved against the gate'),
  evidence: z.array(z.string()),
})
export type StageMove = z.infer<typeof stageMove>

const movedPointer = {
  actor: z.string().describe('Who put it there'),
  reason: z.string(),
  override: z.boolean().describe('Moved against the gate'),
  evidence: z.array(z.string()).describe('What that was decided on'),
}

/** What people change of models besides their declaration. */
export const registryApi = {
  createModel: endpoint({
    method: 'POST',
    path: '/projects/:project/models',
    summary: 'Registers a model that is not there yet',
    role: 'editor',
    maxBodyBytes: 8 * 1024 * 1024,
    body: z.object({
      model: z.string().min(1).max(300),
      description: z.string().max(100_000).optional(),
      tags: registryTags.optional(),
    }),
    result: model,
  }),
  updateModel: endpoint({
    method: 'PATCH',
    path: '/projects/:project/models/:model',
    summary: 'Describes or tags a model',
    role: 'editor',
    maxBodyBytes: 8 * 1024 * 1024,
    body: z.object({
      description: z.string().max(100_000).optional(),
      tags: changedTags.optional(),
    }),
    result: model,
  }),
  renameModel: endpoint({
    method: 'POST',
    path: '/projects/:project/models/:model/name',
    summary: 'Gives a model another name; its history stays under the old one',
    role: 'editor',
    body: z.object({ name: z.string().min(1).max(300) }),
    result: model,
  }),
  deleteModel: endpoint({
    method: 'DELETE',
    path: '/projects/:project/models/:model',
    summary: 'Deletes a model with its versions; its history stays',
    role: 'editor',
  }),
  updateVersion: endpoint({
    method: 'PATCH',
    path: '/projects/:project/models/:model/versions/:version',
    summary: 'Describes or tags a version, or declares its licence',
    role: 'editor',
    maxBodyBytes: 8 * 1024 * 1024,
    body: z.object({
      description: z.string().max(100_000).optional(),
      tags: changedTags.optional(),
      licence: z
        .string()
        .max(500)
        .nullable()
        .optional()
        .describe('Such as Apache-2.0, as SPDX calls it; null: not declared any more'),
    }),
    result: modelVersion,
  }),
  getLicence: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/versions/:version/licence',
    summary:
      'The licence of a version and of the libraries that it needs, as far as they are known',
    role: 'viewer',
    result: z.object({
      licence: z.string().nullable().describe('null: not known'),
      source: z
        .enum(['declared', 'tag', 'file'])
        .nullable()
        .describe('Somebody declared it, a tag says so, or a licence file is among the files'),
      evidence: z.string().describe('Which tag or file'),
      libraries: z.array(
        z.object({
          name: z.string(),
          version: z.string(),
          licence: z.string().nullable().describe('null: not known'),
        }),
      ),
    }),
  }),
  getCard: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/versions/:version/card',
    summary: 'The model card of a version, in Markdown, written from the record',
    role: 'viewer',
    result: bytes,
  }),
  deleteVersion: endpoint({
    method: 'DELETE',
    path: '/projects/:project/models/:model/versions/:version',
    summary: 'Deletes a version; its number is not given again',
    role: 'editor',
  }),
  setStage: endpoint({
    method: 'PUT',
    path: '/projects/:project/models/:model/versions/:version/stage',
    summary: 'Moves a version to a stage. A guarded one needs a passed gate',
    role: 'operator',
    body: z.object({
      stage,
      archiveOthers: z.boolean().default(false),
      reason: z.string().max(10_000).default(''),
      override: z
        .boolean()
        .default(false)
        .describe('Move into a guarded stage against the gate; is recorded'),
    }),
    result: modelVersion,
  }),
  reviewVersion: endpoint({
    method: 'POST',
    path: '/projects/:project/models/:model/versions/:version/reviews',
    summary: 'Approves or rejects a version, or says something of it',
    role: 'viewer',
    body: z.object({
      verdict: z.enum(['approved', 'rejected', 'comment']),
      comment: z.string().max(10_000).default(''),
    }),
    result: review,
  }),
  listReviews: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/versions/:version/reviews',
    summary: 'What was said of a version, oldest first',
    role: 'viewer',
    result: z.object({ items: z.array(review) }),
  }),
  pointersAt: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/pointers',
    summary:
      'Where aliases pointed and which stages versions had, now or at a time, by whom and why, even of a name that is gone',
    role: 'viewer',
    query: z.object({ at: z.coerce.number().int().optional().describe('ms; default now') }),
    result: z.object({
      aliases: z.array(aliasPointer.extend(movedPointer)),
      stages: z.array(z.object({ version: z.int(), stage, movedAt: z.int(), ...movedPointer })),
    }),
  }),
  listStageMoves: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/stage-history',
    summary: 'Every move of a version between stages, newest first',
    role: 'viewer',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      pageToken: z.string().max(2000).optional(),
    }),
    result: z.object({ items: z.array(stageMove), nextPageToken: z.string().optional() }),
  }),
} satisfies ApiSpec
