// @ts-check
// Writes the name of each skipped test, one per line: what a machine without some service left out.

/**
 * @param {AsyncIterable<import('node:test/reporters').TestEvent>} events
 * @returns {AsyncGenerator<string>}
 */
export default async function* skipped(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' || data.skip === undefined || data.skip === false) continue
    const reason = typeof data.skip === 'string' && data.skip !== '' ? ` (${data.skip})` : ''
    yield `${data.file ?? ''}: ${data.name}${reason}\n`
  }
}
