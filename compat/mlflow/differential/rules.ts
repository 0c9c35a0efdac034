import { isDeepStrictEqual } from 'node:util'
import type { Difference } from './replay.ts'

/** A difference that is meant, and why. */
export interface Rule {
  name: string
  reason: string
  explains(difference: Difference): boolean
}

/** Every difference between MLflow's answers and Gyre's is one of these; the first that fits counts. */
export const rules: readonly Rule[] = [
  {
    name: 'bad input is not a failure of the server',
    reason: 'MLflow answers 500, which its own client repeats seven times before it gives up.',
    explains: (d) => d.mlflow.status === 500 && d.gyre.status === 400 && isNamed(d),
  },
  {
    name: 'a whole number may be written as "1.0"',
    reason: 'MLflow reads it so in some fields and fails with 500 in this one.',
    explains: (d) => d.mlflow.status === 500 && d.gyre.status === 200 && asks(d, /"1\.0"/),
  },
  {
    name: 'what a field cannot take is refused by its name',
    reason:
      'MLflow drops the value and goes on as if it had not been sent: a metric at step 1.5 lands at ' +
      'step 0, a filter of a wrong type finds everything, a missing thing is told first.',
    explains: (d) => d.gyre.status === 400 && isNamed(d) && /Hint: Value was of type/.test(ours(d)),
  },
  {
    name: 'a number that cannot be kept exactly is refused',
    reason: 'MLflow drops whole numbers beyond 64 bits; JSON readers round those beyond 2^53.',
    explains: (d) => d.gyre.status === 400 && /Whole numbers up to 2\^53 - 1/.test(ours(d)),
  },
  {
    name: 'a body is a JSON object',
    reason: 'MLflow reads an empty list, a number or a text as if nothing had been sent.',
    explains: (d) =>
      d.gyre.status === 400 && /^The body (of the request must|is not)/.test(ours(d)),
  },
  {
    name: 'what must be there is asked for',
    reason:
      'MLflow keeps a data set without a name or a source, or shows its own null as the value.',
    explains: (d) => d.gyre.status === 400 && ours(d).startsWith('Missing value for required'),
  },
  {
    name: 'says what to do',
    reason: 'The message begins as MLflow’s does, which clients match, and goes on with advice.',
    explains: (d) => isSameError(d) && ours(d).startsWith(theirs(d).replace(/\.$/, '')),
  },
  {
    name: 'shows nothing of the database',
    reason: 'MLflow puts the failed statement of SQL, with its parameters, into the message.',
    explains: (d) => d.gyre.status === 400 && isNamed(d) && /sqlite3\./.test(theirs(d)),
  },
  {
    name: 'names no setting of MLflow',
    reason: 'MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH means nothing to Gyre.',
    explains: (d) => isSameError(d) && theirs(d).startsWith(`${ours(d)} To configure this limit`),
  },
  {
    name: 'a run without an experiment goes to Default',
    reason: 'MLflow’s protocol has the field optional, its database fails without it.',
    explains: (d) =>
      isLaxer(d) && at(d, /runs\/create$/) && /sqlite3\.IntegrityError/.test(theirs(d)),
  },
  {
    name: 'the address names the logged model',
    reason: 'MLflow wants model_id in the body as well, where it can only say the same.',
    explains: (d) => isLaxer(d) && at(d, /logged-models\/\$lm/) && /'model_id'/.test(theirs(d)),
  },
  {
    name: 'a search without a page size has the usual one',
    reason:
      'MLflow reads none as 0 here and refuses it; for runs and models it takes the usual one.',
    explains: (d) => isLaxer(d) && at(d, /experiments\/search$/) && /'max_results'/.test(theirs(d)),
  },
  {
    name: 'says where a filter or an order goes wrong',
    reason:
      'The same is refused with the same code; MLflow’s own words differ from search to search.',
    explains: (d) => isSameError(d) && at(d, /\/search/) && isAboutText(theirs(d), ours(d)),
  },
  {
    name: 'a page size that is too large is told its limit',
    reason: 'MLflow gives the limit for experiments, and only the value’s type for the others.',
    explains: (d) => isSameError(d) && isAboutPageSize(theirs(d)) && isAboutPageSize(ours(d)),
  },
  {
    name: 'a wrong page token is not shown',
    reason: 'MLflow answers with what it decoded from it, as Python writes bytes.',
    explains: (d) =>
      isSameError(d) && [theirs(d), ours(d)].every((m) => m.startsWith('Invalid page token')),
  },
  {
    name: 'one message for a parameter that changes',
    reason: 'In a batch MLflow tells the same as a list in Python’s spelling.',
    explains: (d) =>
      isSameError(d) &&
      [theirs(d), ours(d)].every((m) => m.startsWith('Changing param values is not')),
  },
  {
    name: 'a source is shown as it was given',
    reason: 'MLflow shows file:///x as /x.',
    explains: (d) => isSameError(d) && theirs(d) === ours(d).replace("'file:///x'", "'/x'"),
  },
  {
    name: 'the model that a source names is told in Gyre’s words',
    reason:
      'It is another model than the one the request is about, which MLflow’s words do not tell.',
    explains: (d) => isSameError(d) && asks(d, /models:\/nope\/1/),
  },
  {
    name: 'texts are quoted in one way',
    reason: 'Python quotes a text with an apostrophe in double quotes.',
    explains: (d) => isSameError(d) && ours(d).startsWith(theirs(d).replace(`"a'b"`, `'a'b'`)),
  },
  {
    name: 'wrong requests are of one class',
    reason: 'MLflow has a class of its own, ATTRIBUTE_NOT_FOUND, for one message of one search.',
    explains: (d) => d.gyre.status === d.mlflow.status && theirs(d) === ours(d) && theirs(d) !== '',
  },
  {
    name: 'versions tell their aliases',
    reason: 'MLflow leaves them out of searches and of the versions within a model.',
    explains: (d) =>
      d.gyre.status === 200 &&
      isDeepStrictEqual(withoutAliases(d.mlflow.content), withoutAliases(d.gyre.content)),
  },
  {
    name: 'names have a length and something to read',
    reason: 'MLflow keeps a blank experiment name, and a model name that no other database could.',
    explains: (d) => isStricter(d) && at(d, /(experiments|registered-models)\/create$/),
  },
  {
    name: 'an alias is no number',
    reason: 'In models:/name@1 and everywhere in Gyre a number means the version.',
    explains: (d) => isStricter(d) && at(d, /registered-models\/alias$/),
  },
  {
    name: 'a page of no results is refused',
    reason: 'MLflow answers an empty page whose token leads to the same page for ever.',
    explains: (d) => isStricter(d) && at(d, /registered-models\/search\?max_results=0$/),
  },
  {
    name: 'a run that is not there has no history',
    reason: 'MLflow answers an empty history, as for a metric that was never logged.',
    explains: (d) => d.gyre.status === 404 && d.mlflow.status === 200 && at(d, /get-history\?/),
  },
  {
    name: 'a data set is found by its name alone',
    reason: 'MLflow’s protocol has the digest optional; its server takes none as an empty one.',
    explains: (d) =>
      at(d, /logged-models\/search$/) && asks(d, /"datasets": \[\{"dataset_name": "d"\}\]/),
  },
]

function at({ asked }: Difference, address: RegExp): boolean {
  return address.test(asked.path)
}

function asks({ asked }: Difference, words: RegExp): boolean {
  return words.test(asked.body ?? '')
}

function theirs({ mlflow }: Difference): string {
  return field(mlflow.content, 'message')
}

function ours({ gyre }: Difference): string {
  return field(gyre.content, 'message')
}

/** Whether Gyre's failure has a name that MLflow's clients know. */
function isNamed({ gyre }: Difference): boolean {
  return ['INVALID_PARAMETER_VALUE', 'RESOURCE_ALREADY_EXISTS'].includes(
    field(gyre.content, 'error_code'),
  )
}

/** Whether both refuse, in the same class of failure. */
function isSameError({ mlflow, gyre }: Difference): boolean {
  return (
    mlflow.status === gyre.status &&
    field(mlflow.content, 'error_code') !== '' &&
    ['error_code', 'error_class', 'sqlstate'].every(
      (name) => field(mlflow.content, name) === field(gyre.content, name),
    )
  )
}

function isLaxer({ mlflow, gyre }: Difference): boolean {
  return mlflow.status === 400 && gyre.status === 200
}

function isStricter({ mlflow, gyre }: Difference): boolean {
  return mlflow.status === 200 && gyre.status === 400
}

/** Whether both say that the text of a filter or an order is wrong. */
function isAboutText(...messages: readonly string[]): boolean {
  const wrong =
    /^(Invalid (clause|comparison clause|comparator|attribute key|order by key|ordering key|value for numeric)|Expected numeric)/
  return messages.every((message) => wrong.test(message))
}

function isAboutPageSize(message: string): boolean {
  return /^Invalid value "?\d+"? for parameter 'max_results' supplied/.test(message)
}

function withoutAliases(content: unknown): unknown {
  return JSON.parse(
    JSON.stringify(content, (_, value: unknown) => {
      const isVersion = typeof value === 'object' && value !== null && 'current_stage' in value
      return isVersion ? { ...value, aliases: undefined } : value
    }),
  )
}

function field(content: unknown, name: string): string {
  const value = (content as Readonly<Record<string, unknown>> | null)?.[name]
  return typeof value === 'string' ? value : ''
}
