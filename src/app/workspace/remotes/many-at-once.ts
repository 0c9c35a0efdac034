const requestsAtOnce = 16

/** Small objects are all latency, so many are under way at once. */
export async function manyAtOnce<T>(
  items: readonly T[],
  each: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  const worker = async (): Promise<void> => {
    for (const item of queue) await each(item)
  }
  await Promise.all(Array.from({ length: Math.min(requestsAtOnce, items.length) }, worker))
}
