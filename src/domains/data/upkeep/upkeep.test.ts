import { testDataUpkeep } from './upkeep.contract.ts'

testDataUpkeep(async () => ({}))
