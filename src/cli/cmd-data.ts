import type { Command } from 'commander'
import { registerDataCare } from './cmd-data-care.ts'
import { registerDataCommit } from './cmd-data-commit.ts'
import { registerDataGet } from './cmd-data-get.ts'
import { registerDataHistory } from './cmd-data-history.ts'
import { registerDataImport } from './cmd-data-import.ts'
import { registerDataLook } from './cmd-data-look.ts'
import { registerDataRemotes } from './cmd-data-remotes.ts'
import { registerDataTree } from './cmd-data-tree.ts'
import { registerDataVersions } from './cmd-data-versions.ts'

export function registerData(program: Command): void {
  const data = program
    .command('data')
    .description('Data: a faster dvc for this repository, and versions on the server')
  registerDataTree(data)
  registerDataRemotes(data)
  registerDataCare(data)
  registerDataHistory(data)
  registerDataCommit(data)
  registerDataGet(data)
  registerDataImport(data)
  registerDataVersions(data)
  registerDataLook(data)
}
