import { testRunsTable } from './runs-table.contract.ts'

testRunsTable(async () => ({}))
