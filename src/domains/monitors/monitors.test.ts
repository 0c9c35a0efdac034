import { testMonitors } from './monitors.contract.ts'

testMonitors(async () => ({}))
