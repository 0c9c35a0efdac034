/** Reads `model` or `model@version`. */
export function splitReference(reference: string): { model: string; version: string | undefined } {
  const at = reference.lastIndexOf('@')
  if (at < 1) return { model: reference, version: undefined }
  return { model: reference.slice(0, at), version: reference.slice(at + 1) }
}

/** The version that a command means; the newest where none is named. */
export function paramsOf({ project }: { project: string }, reference: string) {
  const { model, version = 'latest' } = splitReference(reference)
  return { project, model, version }
}
