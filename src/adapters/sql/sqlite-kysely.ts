import {
  type CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  DefaultConnectionProvider,
  DefaultQueryExecutor,
  type Driver,
  Kysely,
  type KyselyProps,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  Transaction,
} from 'kysely'

/** Each driver here knows how many connections it has; Kysely would let one wait for the other. */
class ManyConnections extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

const compiler = new SqliteQueryCompiler()
const adapter = new ManyConnections()

/**
 * Runs a query at once on one connection, which nobody can be using: SQLite answers before anything
 * else happens. Kysely's own way to a connection costs more than most of our statements.
 */
class DirectExecutor extends DefaultQueryExecutor {
  readonly #connection: () => DatabaseConnection

  constructor(provider: ConnectionProvider, connection: () => DatabaseConnection) {
    super(compiler, adapter, provider)
    this.#connection = connection
  }

  override executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.#connection().executeQuery<R>(query)
  }
}

/** A Kysely whose queries get connections of a driver. */
export function kyselyOn(driver: Driver): Kysely<unknown> {
  return new Kysely<unknown>(
    propsOf(driver, new DefaultQueryExecutor(compiler, adapter, on(driver))),
  )
}

/** The same, but plain queries share one; only transactions and streams have one of their own. */
export function directKyselyOn(
  driver: Driver,
  connection: () => DatabaseConnection,
): Kysely<unknown> {
  return new Kysely<unknown>(propsOf(driver, new DirectExecutor(on(driver), connection)))
}

/** The view of a transaction that is under way on a connection; `connection` throws when it is over. */
export function transactionOn(
  driver: Driver,
  connection: () => DatabaseConnection,
): Transaction<unknown> {
  const provider: ConnectionProvider = { provideConnection: (consumer) => consumer(connection()) }
  return new Transaction<unknown>(propsOf(driver, new DirectExecutor(provider, connection)))
}

function on(driver: Driver): ConnectionProvider {
  return new DefaultConnectionProvider(driver)
}

function propsOf(driver: Driver, executor: DefaultQueryExecutor): KyselyProps {
  const dialect = {
    createAdapter: () => adapter,
    createDriver: () => driver,
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
    createQueryCompiler: () => compiler,
  }
  return { config: { dialect }, driver, executor, dialect }
}
