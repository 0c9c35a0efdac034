import { dirname, resolve } from 'node:path'
import { invalid } from '#kernel/errors'
import { filesUnder } from './artifact-files.ts'
import { openForeignPostgres, openForeignSqlite } from './database.ts'
import { createDatabaseSource } from './database-source.ts'
import { MlflowWire } from './mlflow-wire.ts'
import { createServerSource } from './server-source.ts'
import type { Source } from './source.ts'

export interface SourceOptions {
  /** `sqlite:///mlflow.db`, `postgresql://…` or `http://…`. */
  address: string
  directory: string
  /** The server's `--artifacts-destination`, where this machine sees it. */
  artifacts: string | undefined
  workspace: string | undefined
  /** For a running server. */
  authorization: string | undefined
}

/** Opens what is to be imported. Errors: `invalid` (address), `not_found`, what the driver says. */
export async function openSource(options: SourceOptions): Promise<Source> {
  const { address, directory, workspace, authorization } = options
  const destination =
    options.artifacts === undefined ? undefined : resolve(directory, options.artifacts)
  if (/^https?:\/\//.test(address)) {
    const { origin, pathname } = new URL(address)
    const url = `${origin}${pathname.replace(/\/$/, '')}`
    const wire = new MlflowWire({ url, authorization, workspace })
    return createServerSource(wire, (at) => filesUnder({ directory, destination, wire }, at))
  }
  const places = { directory, destination, wire: undefined }
  const named = { workspace: workspace ?? 'default' }
  const sqlite = /^sqlite:\/\/\/(.+)$/.exec(address)?.[1]
  if (sqlite !== undefined) {
    const path = resolve(directory, sqlite)
    // Addresses such as ./mlruns/1 are meant from where the server ran.
    const files = (at: string) => filesUnder({ ...places, directory: dirname(path) }, at)
    const database = await openForeignSqlite(path)
    return createDatabaseSource({ ...named, name: `sqlite:///${path}`, database, files })
  }
  if (/^postgres(ql)?(\+\w+)?:\/\//.test(address)) {
    const url = new URL(address.replace(/^postgres(ql)?(\+\w+)?:/, 'postgresql:'))
    const database = await openForeignPostgres(url.href)
    const name = `postgresql://${url.host}${url.pathname}`
    return createDatabaseSource({ ...named, name, database, files: (at) => filesUnder(places, at) })
  }
  throw invalid(
    `${JSON.stringify(address)} is nothing to import from. Write sqlite:///mlflow.db, postgresql://host/name, or http://server:5000.`,
  )
}
