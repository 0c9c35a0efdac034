import assert from 'node:assert/strict'
import { GyreError } from '#kernel/errors'
import type { FrameSession } from './frames.ts'

/** Runs work in a session, with a directory that its queries may read and write. */
export type Session = <T>(
  work: (session: FrameSession, directory: string) => Promise<T>,
) => Promise<T>

/** For `assert.rejects`: a `GyreError` of this code that says this. */
export function failsWith(code: string, text: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof GyreError, String(thrown))
    assert.equal(thrown.code, code, thrown.public)
    assert.match(thrown.public, text)
    return true
  }
}
