import { testRunTables } from './run-tables.contract.ts'

testRunTables(async () => ({}))
