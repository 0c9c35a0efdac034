/** One value for each topic, for as long as the process lives. */
export function createMemory(): <T>(topic: string, make: () => T) => T {
  const values = new Map<string, unknown>()
  return <T>(topic: string, make: () => T): T => {
    if (!values.has(topic)) values.set(topic, make())
    return values.get(topic) as T
  }
}
