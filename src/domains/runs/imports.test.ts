import { testImports } from './imports.contract.ts'

testImports(async () => ({}))
