import { randomUUID } from 'node:crypto'
import pg from 'pg'

export const postgresUrl = process.env['GYRE_TEST_POSTGRES_URL']

/** The URL of a new, empty schema in the test's database, and how to drop it. */
export async function freshSchema(): Promise<{ url: string; drop(): Promise<void> }> {
  if (postgresUrl === undefined) throw new Error('GYRE_TEST_POSTGRES_URL is not set.')
  const schema = `test_${randomUUID().replaceAll('-', '')}`
  await runAlone(postgresUrl, `create schema ${schema}`)
  const url = new URL(postgresUrl)
  url.searchParams.set('options', `-c search_path=${schema}`)
  return {
    url: url.href.replaceAll('+', '%20'),
    drop: () => runAlone(postgresUrl as string, `drop schema ${schema} cascade`),
  }
}

async function runAlone(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
