import { DatabaseSync } from 'node:sqlite'
import { access } from 'node:fs/promises'
import pg from 'pg'
import { notFound } from '#kernel/errors'
import type { Tag } from './source.ts'

export type Row = Readonly<Record<string, unknown>>

/** A database of another program, only ever read. */
export interface ForeignDatabase {
  /** `?` stands for a parameter. Tables and columns that are not there are the caller's to know. */
  query(sql: string, parameters?: readonly (string | number)[]): Promise<Row[]>
  tables(): Promise<ReadonlySet<string>>
  close(): Promise<void>
}

export async function openForeignSqlite(path: string): Promise<ForeignDatabase> {
  await access(path).catch(() => {
    throw notFound(
      'database',
      path,
      'sqlite:///mlflow.db is in this directory, sqlite:////a/b.db not.',
    )
  })
  const database = new DatabaseSync(path, { readOnly: true, timeout: 10_000 })
  return {
    async query(sql, parameters = []) {
      return database.prepare(sql).all(...parameters)
    },
    async tables() {
      const rows = database.prepare("select name from sqlite_master where type = 'table'").all()
      return new Set(rows.map((row) => String(row['name'])))
    },
    async close() {
      database.close()
    },
  }
}

export async function openForeignPostgres(url: string): Promise<ForeignDatabase> {
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  await pool.query('select 1')
  return {
    async query(sql, parameters = []) {
      let count = 0
      const numbered = sql.replaceAll('?', () => `$${++count}`)
      const { rows } = await pool.query<Row>(numbered, [...parameters])
      return rows
    },
    async tables() {
      const { rows } = await pool.query<{ table_name: string }>(
        'select table_name from information_schema.tables where table_schema = current_schema()',
      )
      return new Set(rows.map((row) => row.table_name))
    },
    close: () => pool.end(),
  }
}

/** A number that a driver may give as a text. */
export function numberIn(row: Row, column: string): number {
  return Number(row[column] ?? 0)
}

export function momentIn(row: Row, column: string): number | null {
  const value = row[column]
  return value === null || value === undefined ? null : Number(value)
}

export function textIn(row: Row, column: string): string {
  const value = row[column]
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : ''
}

export function tagOf(row: Row): Tag {
  return { key: textIn(row, 'key'), value: textIn(row, 'value') }
}

export function tagsBy(rows: readonly Row[], column: string): Map<string, Tag[]> {
  const tags = new Map<string, Tag[]>()
  for (const row of rows) {
    const owner = textIn(row, column)
    tags.set(owner, [...(tags.get(owner) ?? []), tagOf(row)])
  }
  return tags
}
