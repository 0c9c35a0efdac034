import { invalid } from '#kernel/errors'

const longestKey = 250
const longestTag = 8000
const longestExperimentTag = 20_000
const longestParameter = 6000

/** Tags as they may be stored. Errors: `invalid` names the key. */
export function checkTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  return checkTexts('tag', tags, longestTag)
}

/** An experiment's tags, which may be longer. Errors: `invalid` names the key. */
export function checkExperimentTags(
  tags: Readonly<Record<string, string>>,
): Record<string, string> {
  return checkTexts('tag', tags, longestExperimentTag)
}

/** Parameters as they may be stored. Errors: `invalid` names the key. */
export function checkParameters(values: Readonly<Record<string, string>>): Record<string, string> {
  return checkTexts('parameter', values, longestParameter)
}

function checkTexts(
  kind: string,
  values: Readonly<Record<string, string>>,
  longest: number,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      if (value.length > longest && [...value].length > longest) {
        throw invalid(
          `The ${kind} ${JSON.stringify(key.slice(0, 100))} has ${value.length} characters; ` +
            `at most ${longest} are kept. Log it as an artifact.`,
        )
      }
      if (value.includes('\u0000')) {
        throw invalid(`The ${kind} ${JSON.stringify(key.slice(0, 100))} holds a NUL character.`)
      }
      return [checkKey(kind, key), value]
    }),
  )
}

/** A key of a metric, parameter or tag: 1 to 250 characters, any script, `/` for groups. */
export function checkKey(kind: string, key: string): string {
  const normal = key.normalize('NFC')
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const bad = /[\u0000-\u001f\u007f]/.test(normal)
  if (normal.trim() !== '' && [...normal].length <= longestKey && !bad) return normal
  throw invalid(
    `${JSON.stringify(key.slice(0, 100))} is not a valid ${kind} key: 1 to ${longestKey} characters, ` +
      'no control characters.',
  )
}
