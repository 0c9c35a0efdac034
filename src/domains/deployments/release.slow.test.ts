import { testReleases } from './release.contract.ts'

testReleases(async () => ({}))
