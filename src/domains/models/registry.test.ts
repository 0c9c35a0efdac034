import { testRegistry } from './registry.contract.ts'

testRegistry(async () => ({}))
