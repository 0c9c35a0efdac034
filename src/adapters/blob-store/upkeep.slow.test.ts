import { testUpkeep } from './upkeep.contract.ts'

testUpkeep(async () => ({}))
