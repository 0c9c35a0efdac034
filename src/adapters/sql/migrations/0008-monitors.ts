import type { MonitorsTables } from '#domains/monitors/store'
import type { Migration } from './all.ts'

/** Monitors and the windows that they evaluated. */
export const monitors: Migration = {
  name: '0008-monitors',
  async up({ text, integer, real, table }) {
    await table('monitors' satisfies keyof MonitorsTables)
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('name', text, (c) => c.notNull())
      .addColumn('endpoint', text, (c) => c.notNull())
      .addColumn('settings', text, (c) => c.notNull())
      .addColumn('control', text, (c) => c.notNull())
      .addColumn('evaluated_until', integer)
      .addColumn('created_at', integer, (c) => c.notNull())
      .addColumn('updated_at', integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('monitors_key', ['project', 'name'])
      .execute()
    await table('monitor_windows' satisfies keyof MonitorsTables)
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('monitor', text, (c) => c.notNull())
      .addColumn('window_start', integer, (c) => c.notNull())
      .addColumn('window_end', integer, (c) => c.notNull())
      .addColumn('rows', integer, (c) => c.notNull())
      .addColumn('labelled', integer, (c) => c.notNull())
      .addColumn('versions', text, (c) => c.notNull())
      .addColumn('reference', integer)
      .addColumn('level', real, (c) => c.notNull())
      .addColumn('alarms', integer, (c) => c.notNull())
      .addColumn('checks', text, (c) => c.notNull())
      .addColumn('histograms', text, (c) => c.notNull())
      .addColumn('evaluated_at', integer, (c) => c.notNull())
      .addColumn('took_ms', real, (c) => c.notNull())
      .addPrimaryKeyConstraint('monitor_windows_key', ['project', 'monitor', 'window_start'])
      .execute()
  },
}
