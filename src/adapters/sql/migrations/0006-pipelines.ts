import type { PipelinesTables } from '#domains/pipelines/store'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'

/** Registered pipelines, their executions with stages and output, and what starts them. */
export const pipelines: Migration = {
  name: '0006-pipelines',
  async up(schema) {
    await createPipelines(schema)
    await createExecutions(schema)
    await createTriggers(schema)
  },
}

async function createPipelines({ text, integer, table }: Schema): Promise<void> {
  await table('pipelines' satisfies keyof PipelinesTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('directory', text, (c) => c.notNull())
    .addColumn('file', text, (c) => c.notNull())
    .addColumn('stages', text, (c) => c.notNull())
    .addColumn('problem', text)
    .addColumn('last_execution', text)
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('updated_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('pipelines_key', ['project', 'name'])
    .execute()
}

async function createExecutions({ text, integer, table, index }: Schema): Promise<void> {
  await table('executions' satisfies keyof PipelinesTables)
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('pipeline', text, (c) => c.notNull())
    .addColumn('state', text, (c) => c.notNull())
    .addColumn('reason', text, (c) => c.notNull())
    .addColumn('origin', text, (c) => c.notNull())
    .addColumn('cause', text)
    .addColumn('actor', text, (c) => c.notNull())
    .addColumn('targets', text, (c) => c.notNull())
    .addColumn('force', integer, (c) => c.notNull())
    .addColumn('parameters', text, (c) => c.notNull())
    .addColumn('git_commit', text)
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('started_at', integer)
    .addColumn('ended_at', integer)
    .execute()
  await index('executions', ['project', 'id'])
  await index('executions', ['project', 'pipeline', 'id'])
  await table('stage_runs' satisfies keyof PipelinesTables)
    .addColumn('execution_id', text, (c) => c.notNull())
    .addColumn('stage', text, (c) => c.notNull())
    .addColumn('position', integer, (c) => c.notNull())
    .addColumn('state', text, (c) => c.notNull())
    .addColumn('reason', text, (c) => c.notNull())
    .addColumn('started_at', integer)
    .addColumn('ended_at', integer)
    .addColumn('exit_code', integer)
    .addColumn('peak_memory_bytes', integer)
    .addColumn('log_length', integer, (c) => c.notNull())
    .addColumn('after', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('stage_runs_key', ['execution_id', 'stage'])
    .execute()
  await table('stage_logs' satisfies keyof PipelinesTables)
    .addColumn('execution_id', text, (c) => c.notNull())
    .addColumn('stage', text, (c) => c.notNull())
    .addColumn('start', integer, (c) => c.notNull())
    .addColumn('text', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('stage_logs_key', ['execution_id', 'stage', 'start'])
    .execute()
}

async function createTriggers({ text, integer, table, index }: Schema): Promise<void> {
  await table('triggers' satisfies keyof PipelinesTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('declaration', text, (c) => c.notNull())
    .addColumn('enabled', integer, (c) => c.notNull())
    .addColumn('next_at', integer)
    .addColumn('last_fired_at', integer)
    .addColumn('last_execution', text)
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('updated_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('triggers_key', ['project', 'name'])
    .execute()
  await index('triggers', ['next_at'])
  await table('trigger_firings' satisfies keyof PipelinesTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('trigger', text, (c) => c.notNull())
    .addColumn('key', text, (c) => c.notNull())
    .addColumn('at', integer, (c) => c.notNull())
    .addColumn('reason', text, (c) => c.notNull())
    .addColumn('execution_id', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('trigger_firings_key', ['project', 'trigger', 'key'])
    .execute()
}
