import { invalid } from '#kernel/errors'

/** The alias that means "this one serves". */
export const championAlias = 'champion'

/** `latest` and numbers already mean a version. */
export function checkAlias(alias: string): string {
  const name = alias.normalize('NFC')
  if (!/^[\p{L}\p{N}\p{M}_.-]{1,255}$/u.test(name)) {
    throw invalid(
      `${JSON.stringify(alias.slice(0, 200))} is not a valid alias. Use 1 to 255 letters, digits, ".", "_" and "-".`,
    )
  }
  if (name.toLowerCase() !== 'latest' && !/^v?\d+$/i.test(name)) return name
  throw invalid(`"${name}" cannot be an alias: it already means a version. Choose a word.`)
}
