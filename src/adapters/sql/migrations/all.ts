/**
 * The schema, as numbered steps forward. A step that was released is never changed again.
 *
 * To add one: write `NNNN-<room>.ts` that exports a `Migration` whose `name` is the file's name, and
 * append it here. `up` is handed a `Schema` (see `columns.ts`):
 *
 *     export const runs: Migration = {
 *       name: '0004-runs',
 *       async up({ table, index, text, integer, real }) {
 *         await table('runs')
 *           .addColumn('id', text, (c) => c.primaryKey())
 *           .addColumn('project', text, (c) => c.notNull())
 *           .addColumn('created_at', integer, (c) => c.notNull())
 *           .execute()
 *         await index('runs', ['project', 'created_at'])
 *       },
 *     }
 *
 * It must give the same on SQLite and PostgreSQL: only the four column types, no engine's own
 * It must give the same on SQLite and PostgreSQL: only these column types, no engine's own
 * functions, `db` for seeding rows. All missing steps run in one transaction.
 */
import { foundation } from './0001-foundation.ts'
import { data } from './0002-data.ts'
import { features } from './0003-features.ts'
import { runs } from './0004-runs.ts'
import { models } from './0005-models.ts'
import { pipelines } from './0006-pipelines.ts'
import { deployments } from './0007-deployments.ts'
import { monitors } from './0008-monitors.ts'
import { alerts } from './0009-alerts.ts'
import { tracking } from './0010-tracking.ts'
import { artifactUploads } from './0011-artifact-uploads.ts'
import { modelMetrics } from './0012-model-metrics.ts'
import { metricChunks } from './0013-metric-chunks.ts'
import { registry } from './0014-registry.ts'
import { webhooks } from './0015-webhooks.ts'
import { traces } from './0016-traces.ts'
import { evaluation } from './0017-evaluation.ts'
import { dvcRemotes } from './0018-dvc-remotes.ts'
import { blobStore } from './0019-blob-store.ts'
import { imports } from './0021-imports.ts'
import { storeIdentity } from './0022-store-identity.ts'
import { users } from './0023-users.ts'
import { gatewayRoutes } from './0026-gateway-routes.ts'
import { runForks } from './0028-run-forks.ts'
import { deliveryAge } from './0029-delivery-age.ts'
import { licences } from './0033-licences.ts'
import { modelRetention } from './0034-model-retention.ts'
import { modelOrigins } from './0035-model-origins.ts'
import { blobRedo } from './0036-blob-redo.ts'
import { remoteActivity } from './0039-remote-activity.ts'
import { keptBy } from './0040-kept-by.ts'
import type { Schema } from './columns.ts'

export interface Migration {
  name: string
  up(schema: Schema): Promise<void>
}

export const migrations: readonly Migration[] = [
  foundation,
  data,
  features,
  runs,
  models,
  pipelines,
  deployments,
  monitors,
  alerts,
  tracking,
  artifactUploads,
  modelMetrics,
  metricChunks,
  registry,
  webhooks,
  traces,
  evaluation,
  dvcRemotes,
  blobStore,
  imports,
  storeIdentity,
  users,
  gatewayRoutes,
  runForks,
  deliveryAge,
  licences,
  modelRetention,
  modelOrigins,
  blobRedo,
  remoteActivity,
  keptBy,
]
