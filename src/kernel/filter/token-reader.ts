import { type GyreError, invalid } from '../errors.ts'
import { type Token, tokenise } from './tokens.ts'

/** Walks over the tokens of a text. */
export class TokenReader {
  readonly #tokens: readonly Token[]
  #index = 0

  constructor(text: string) {
    this.#tokens = tokenise(text)
  }

  peek(): Token | undefined {
    return this.#tokens[this.#index]
  }

  next(): Token | undefined {
    return this.#tokens[this.#index++]
  }

  /** Where the next token is; to be given to `clauseError`. */
  get place(): number {
    return this.#index
  }

  takePunctuation(text: string): boolean {
    const token = this.peek()
    return this.#take(token?.kind === 'punctuation' && token.text === text)
  }

  /** Takes a word, whatever its case. */
  takeWord(text: string): boolean {
    return this.#take(this.isWord(text))
  }

  isWord(text: string): boolean {
    const token = this.peek()
    return token?.kind === 'word' && token.text.toLowerCase() === text
  }

  /** What is wrong with the clause that begins at a place, up to the next `and`. */
  clauseError(from: number, expected: string): GyreError {
    const rest = this.#tokens.slice(from)
    const end = rest.findIndex((token, i) => i > 0 && isAnd(token))
    const shown = rest.slice(0, end < 0 ? rest.length : end).slice(0, 20)
    const at = this.#tokens[Math.min(this.#index, this.#tokens.length - 1)]?.at ?? 0
    return invalid(
      `Invalid clause(s) in filter string: ${shown.map((token) => quote(token.text)).join(', ')}. ` +
        `Near character ${at + 1}, ${expected}.`,
    )
  }

  #take(is: boolean): boolean {
    if (is) this.#index++
    return is
  }
}

function isAnd(token: Token): boolean {
  return token.kind === 'word' && token.text.toLowerCase() === 'and'
}

/** A text of the client in a message: not all of it when it is long. */
export function quote(text: string): string {
  return `'${text.length > 200 ? `${text.slice(0, 200)}…` : text}'`
}
