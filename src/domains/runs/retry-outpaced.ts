import { GyreError } from '#kernel/errors'

const attempts = 5

/** Plans and writes again when what was planned on had changed before it was written. */
export async function retryOutpaced<T>(attempt: () => Promise<T>): Promise<T> {
  for (let i = 1; ; i++) {
    try {
      return await attempt()
    } catch (thrown) {
      const isOutpaced = thrown instanceof GyreError && thrown.code === 'conflict'
      if (!isOutpaced || i === attempts) throw thrown
    }
  }
}
