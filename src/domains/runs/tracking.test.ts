import { testTracking } from './tracking.contract.ts'

testTracking(async () => ({}))
