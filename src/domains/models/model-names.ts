import { invalid } from '#kernel/errors'

const longestName = 256
const longestKey = 250
const longestValue = 100_000

/**
 * Checks the name of a registered model: any text but `/`, `:`, control characters and the path
 * parts `.` and `..`, at most 256 characters. Returns it in form C, so that names that look alike
 * are alike. Errors: `invalid`.
 */
export function checkModelName(name: string): string {
  const normal = name.normalize('NFC')
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const bad = /[\u0000-\u001f\u007f/:]/.test(normal) || normal === '.' || normal === '..'
  if (normal.trim() !== '' && !bad && normal.isWellFormed() && normal.length <= longestName) {
    return normal
  }
  throw invalid(
    `${JSON.stringify(name.slice(0, 200))} is not a valid model name. Use 1 to ${longestName} characters ` +
      'without "/", ":" and control characters.',
  )
}

/** Tags of a model or version as they may be stored: prompts keep whole texts in theirs. */
export function checkRegistryTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  for (const [key, value] of Object.entries(tags)) checkTag(key, value)
  return { ...tags }
}

function checkTag(key: string, value: string): void {
  const shown = JSON.stringify(key.slice(0, 100))
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const bad = /[\u0000-\u001f\u007f]/.test(key) || !key.isWellFormed()
  if (key.trim() === '' || key.length > longestKey || bad) {
    throw invalid(`${shown} is not a valid tag key: 1 to ${longestKey} characters.`)
  }
  if (value.length > longestValue) {
    throw invalid(
      `The tag ${shown} has ${value.length} characters; at most ${longestValue} are kept.`,
    )
  }
  if (value.includes('\u0000') || !value.isWellFormed()) {
    throw invalid(`The tag ${shown} holds a character that no text can have.`)
  }
}

/** Which tags a change sets, and which it removes: those whose value is null. */
export function splitTags(tags: Readonly<Record<string, string | null>> | undefined): {
  set: Record<string, string>
  removed: string[]
} {
  const entries = Object.entries(tags ?? {})
  const set = entries.filter((entry): entry is [string, string] => entry[1] !== null)
  const removed = entries.filter(([, value]) => value === null).map(([key]) => key)
  // Not by assignment: a key may be `__proto__`.
  return { set: checkRegistryTags(Object.fromEntries(set)), removed }
}
