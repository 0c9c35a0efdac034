import { invalid } from '#kernel/errors'
import { checkName } from '#kernel/names'

/** The alias that means "this one serves"; it moves only through the gate. */
export const championAlias = 'champion'

/** `latest` and numbers already mean a version. */
export function checkAlias(alias: string): string {
  const name = checkName('alias', alias)
  if (name !== 'latest' && !/^v?\d+$/i.test(name)) return name
  throw invalid(`"${name}" cannot be an alias: it already means a version. Choose a word.`)
}
