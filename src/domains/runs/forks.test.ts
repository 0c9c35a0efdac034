import { testForks } from './forks.contract.ts'

testForks(async () => ({}))
