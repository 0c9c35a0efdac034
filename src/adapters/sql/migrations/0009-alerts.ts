import type { AlertsTables } from '#domains/alerts/store'
import type { Migration } from './all.ts'

/** Incidents and the alarms that they gather. */
export const alerts: Migration = {
  name: '0009-alerts',
  async up({ text, integer, table, index }) {
    await table('incidents' satisfies keyof AlertsTables)
      .addColumn('id', text, (c) => c.primaryKey())
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('source', text, (c) => c.notNull())
      .addColumn('kind', text, (c) => c.notNull())
      .addColumn('severity', text, (c) => c.notNull())
      .addColumn('state', text, (c) => c.notNull())
      .addColumn('text', text, (c) => c.notNull())
      .addColumn('alarms', integer, (c) => c.notNull())
      .addColumn('evidence', text, (c) => c.notNull())
      .addColumn('opened_at', integer, (c) => c.notNull())
      .addColumn('last_alarm_at', integer, (c) => c.notNull())
      .addColumn('acknowledged_at', integer)
      .addColumn('acknowledged_by', text)
      .addColumn('resolved_at', integer)
      .addColumn('resolved_by', text)
      .addColumn('note', text)
      .addColumn('open_key', text)
      .execute()
    await index('incidents', ['open_key'], { unique: true })
    await index('incidents', ['project', 'state', 'id'])
    await table('alarms' satisfies keyof AlertsTables)
      .addColumn('id', text, (c) => c.primaryKey())
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('incident', text, (c) => c.notNull())
      .addColumn('source', text, (c) => c.notNull())
      .addColumn('kind', text, (c) => c.notNull())
      .addColumn('severity', text, (c) => c.notNull())
      .addColumn('text', text, (c) => c.notNull())
      .addColumn('evidence', text, (c) => c.notNull())
      .addColumn('detail', text, (c) => c.notNull())
      .addColumn('at', integer, (c) => c.notNull())
      .addColumn('report', text, (c) => c.notNull())
      .execute()
    await index('alarms', ['project', 'report'], { unique: true })
    await index('alarms', ['incident', 'id'])
    await index('alarms', ['project', 'source', 'id'])
  },
}
