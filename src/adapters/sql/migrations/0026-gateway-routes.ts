import type { DeploymentsTables } from '#domains/deployments/store'
import type { Migration } from './all.ts'

/** What each gateway serves, so that one can wait until all have followed a change. */
export const gatewayRoutes: Migration = {
  name: '0026-gateway-routes',
  async up({ db, text }) {
    await db.schema
      .alterTable('gateways' satisfies keyof DeploymentsTables)
      .addColumn('routes', text, (c) => c.notNull().defaultTo(''))
      .execute()
  },
}
