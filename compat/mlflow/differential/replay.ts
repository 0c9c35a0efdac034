import { isDeepStrictEqual } from 'node:util'
import { type Answer, Asked, type Exchange } from './exchange.ts'
import { plain } from './plain.ts'

/** A question that the two answered differently, without what must differ. */
export interface Difference {
  asked: Exchange
  mlflow: Answer
  gyre: Answer
}

/** Asks the server what MLflow was asked, in the same order. */
export async function replay(exchanges: readonly Exchange[], url: string): Promise<Difference[]> {
  const ours = new Asked(url)
  const theirs = new Asked('')
  const differences: Difference[] = []
  for (const asked of exchanges) {
    theirs.learn(asked.answer, asked.keep)
    const answer = await ours.ask(asked)
    const mlflow = { status: asked.status, content: plain(asked.answer, theirs.known) }
    const gyre = { status: answer.status, content: plain(answer.content, ours.known) }
    if (!isDeepStrictEqual(mlflow, gyre)) differences.push({ asked, mlflow, gyre })
  }
  return differences
}

/** A difference as a report shows it: one line each for the question, MLflow and Gyre. */
export function told({ asked, mlflow, gyre }: Difference): string {
  const short = (value: unknown) => (JSON.stringify(value) ?? '').slice(0, 400)
  const question = `${asked.method} ${asked.path} ${short(asked.body)} ${asked.about ?? ''}`
  const answers = [mlflow, gyre].map((each) => `${each.status} ${short(each.content)}`)
  return `${question}\n  MLflow ${answers[0]}\n  Gyre   ${answers[1]}`
}
