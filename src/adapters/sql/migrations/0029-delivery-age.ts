import type { AlertsTables } from '#domains/alerts/store'
import type { Migration } from './all.ts'

/** Old deliveries are found by when they were settled. */
export const deliveryAge: Migration = {
  name: '0029-delivery-age',
  async up({ index }) {
    await index('webhook_deliveries' satisfies keyof AlertsTables, ['updated_at'])
  },
}
