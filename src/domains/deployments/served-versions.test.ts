import { testRetention } from './served-versions.contract.ts'

testRetention(async () => ({}))
