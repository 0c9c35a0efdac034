import type { AlertsTables } from '#domains/alerts/store'
import type { Migration } from './all.ts'

/** Who outside is told of what, and what became of each telling. */
export const webhooks: Migration = {
  name: '0015-webhooks',
  async up({ text, integer, table, index }) {
    await table('webhooks' satisfies keyof AlertsTables)
      .addColumn('id', text, (c) => c.primaryKey())
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('name', text, (c) => c.notNull())
      .addColumn('url', text, (c) => c.notNull())
      .addColumn('description', text, (c) => c.notNull())
      .addColumn('secret', text)
      .addColumn('events', text, (c) => c.notNull())
      .addColumn('status', text, (c) => c.notNull())
      .addColumn('state', text, (c) => c.notNull())
      .addColumn('created_at', integer, (c) => c.notNull())
      .addColumn('created_by', text, (c) => c.notNull())
      .addColumn('updated_at', integer, (c) => c.notNull())
      .execute()
    await index('webhooks', ['project', 'state', 'created_at'])
    await table('webhook_deliveries' satisfies keyof AlertsTables)
      .addColumn('id', text, (c) => c.primaryKey())
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('webhook', text, (c) => c.notNull())
      .addColumn('record', integer, (c) => c.notNull())
      .addColumn('number', integer, (c) => c.notNull())
      .addColumn('event', text, (c) => c.notNull())
      .addColumn('body', text, (c) => c.notNull())
      .addColumn('state', text, (c) => c.notNull())
      .addColumn('attempts', integer, (c) => c.notNull())
      .addColumn('response_status', integer)
      .addColumn('response_body', text)
      .addColumn('error', text)
      .addColumn('created_at', integer, (c) => c.notNull())
      .addColumn('updated_at', integer, (c) => c.notNull())
      .execute()
    await index('webhook_deliveries', ['webhook', 'record', 'number'], { unique: true })
    await index('webhook_deliveries', ['project', 'webhook', 'id'])
  },
}
