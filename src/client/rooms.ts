import { accessApi } from '#protocols/api/wire/access'
import { alertsApi } from '#protocols/api/wire/alerts'
import { dataApi } from '#protocols/api/wire/data'
import { deploymentsApi } from '#protocols/api/wire/deployments'
import { featuresApi } from '#protocols/api/wire/features'
import { importsApi } from '#protocols/api/wire/imports'
import { journalApi } from '#protocols/api/wire/journal'
import { modelsApi } from '#protocols/api/wire/models'
import { monitorsApi } from '#protocols/api/wire/monitors'
import { pipelinesApi } from '#protocols/api/wire/pipelines'
import { remotesApi } from '#protocols/api/wire/remotes'
import { registryApi } from '#protocols/api/wire/registry'
import { retentionApi } from '#protocols/api/wire/retention'
import { runsApi } from '#protocols/api/wire/runs'
import { serverApi } from '#protocols/api/wire/server'
import { transferApi } from '#protocols/api/wire/transfer'
import { webhooksApi } from '#protocols/api/wire/webhooks'
import { storeApi } from '#protocols/api/wire/store'

/** Every room's operations, as data. */
export const rooms: {
  access: typeof accessApi
  alerts: typeof alertsApi
  data: typeof dataApi
  deployments: typeof deploymentsApi
  features: typeof featuresApi
  imports: typeof importsApi
  journal: typeof journalApi
  models: typeof modelsApi
  registry: typeof registryApi
  retention: typeof retentionApi
  transfer: typeof transferApi
  monitors: typeof monitorsApi
  pipelines: typeof pipelinesApi
  remotes: typeof remotesApi
  runs: typeof runsApi
  server: typeof serverApi
  webhooks: typeof webhooksApi
  store: typeof storeApi
} = {
  access: accessApi,
  alerts: alertsApi,
  data: dataApi,
  deployments: deploymentsApi,
  features: featuresApi,
  imports: importsApi,
  journal: journalApi,
  models: modelsApi,
  registry: registryApi,
  retention: retentionApi,
  transfer: transferApi,
  monitors: monitorsApi,
  pipelines: pipelinesApi,
  remotes: remotesApi,
  runs: runsApi,
  server: serverApi,
  webhooks: webhooksApi,
  store: storeApi,
}
