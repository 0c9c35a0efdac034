import { functionNames } from './ast.ts'
import type { BinaryOperator, CaseBranch, Expression, FunctionName } from './ast.ts'
import { readTokens, syntaxError } from './tokens.ts'
import type { Token } from './tokens.ts'

const DEEPEST = 100
const RESERVED = new Set(
  'and or not in is null between case when then else end true false'.split(' '),
)
const COMPARISONS: Readonly<Record<string, BinaryOperator>> = {
  '=': '=',
  '==': '=',
  '!=': '<>',
  '<>': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}
/** Operators of one level, loosest first; comparison sits between `and` and sums. */
const SUMS: Readonly<Record<string, BinaryOperator>> = { '+': '+', '-': '-' }
const PRODUCTS: Readonly<Record<string, BinaryOperator>> = { '*': '*', '/': '/', '%': '%' }

/**
 * Reads the text of a feature expression, e.g. `case when hour(departed) >= 18 then delay / 60 end`.
 * Keywords and functions are case-insensitive, column names are not. From loose to tight: or, and,
 * not, one comparison (also in, between, is null), + -, * / %, unary minus.
 *
 * Errors: `invalid`, naming the position and what was expected there.
 */
export function parseExpression(text: string): Expression {
  const parser = new Parser(text)
  const expression = parser.expression()
  parser.expectEnd()
  return expression
}

class Parser {
  readonly #text: string
  readonly #tokens: Token[]
  #next = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = readTokens(text)
  }

  expression(): Expression {
    this.#depth++
    if (this.#depth > DEEPEST) this.#fail(`it is nested more than ${DEEPEST} levels deep`)
    const expression = this.#disjunction()
    this.#depth--
    return expression
  }

  expectEnd(): void {
    if (this.#peek().kind !== 'end') this.#failExpecting('an operator or the end')
  }

  #disjunction(): Expression {
    let left = this.#conjunction()
    while (this.#takeWord('or')) left = binary('or', left, this.#conjunction())
    return left
  }

  #conjunction(): Expression {
    let left = this.#negation()
    while (this.#takeWord('and')) left = binary('and', left, this.#negation())
    return left
  }

  #negation(): Expression {
    const { position } = this.#peek()
    let negations = 0
    while (this.#takeWord('not')) negations++
    if (negations > DEEPEST) this.#fail('there are too many nots')
    let operand = this.#comparison()
    for (; negations > 0; negations--) operand = { kind: 'not', operand, position }
    return operand
  }

  #comparison(): Expression {
    const operand = this.#operators(SUMS)
    const operator = this.#takeSymbolOf(COMPARISONS)
    if (operator !== undefined) return binary(operator, operand, this.#operators(SUMS))
    if (this.#takeWord('is')) {
      const negated = this.#takeWord('not')
      this.#expectWord('null')
      return { kind: 'is-null', operand, negated, position: operand.position }
    }
    const negated = this.#takeWord('not')
    if (this.#takeWord('in')) {
      this.#expectSymbol('(')
      const list = this.#list(')')
      return { kind: 'in', operand, list, negated, position: operand.position }
    }
    if (this.#takeWord('between')) {
      const low = this.#operators(SUMS)
      this.#expectWord('and')
      const high = this.#operators(SUMS)
      return { kind: 'between', operand, low, high, negated, position: operand.position }
    }
    if (negated) this.#failExpecting('"in" or "between" after "not"')
    return operand
  }

  #operators(level: typeof SUMS): Expression {
    const tighter = (): Expression => (level === SUMS ? this.#operators(PRODUCTS) : this.#unary())
    let left = tighter()
    for (;;) {
      const operator = this.#takeSymbolOf(level)
      if (operator === undefined) return left
      left = binary(operator, left, tighter())
    }
  }

  #unary(): Expression {
    const signs: Token[] = []
    while (this.#isSymbol('-')) signs.push(this.#take())
    if (signs.length > DEEPEST) this.#fail('there are too many signs')
    let operand = this.#primary()
    for (const { position } of signs.toReversed()) operand = { kind: 'negate', operand, position }
    return operand
  }

  #primary(): Expression {
    const token = this.#peek()
    const { position, text } = token
    if (token.kind === 'number') return { kind: 'literal', value: this.#number(), position }
    if (token.kind === 'string') {
      if (text.includes('\0')) this.#fail('a string must not contain the NUL character')
      this.#take()
      return { kind: 'literal', value: text, position }
    }
    if (token.kind === 'quoted-name') {
      this.#take()
      return { kind: 'column', name: text, position }
    }
    if (this.#takeSymbol('(')) {
      const inner = this.expression()
      this.#expectSymbol(')')
      return inner
    }
    if (token.kind !== 'name') return this.#failExpecting('a value, a column or "("')
    return this.#word(token)
  }

  /** A keyword that begins a value, a function call, or a column. */
  #word(token: Token): Expression {
    const { position } = token
    if (this.#takeWord('null')) return { kind: 'literal', value: null, position }
    if (this.#takeWord('true')) return { kind: 'literal', value: true, position }
    if (this.#takeWord('false')) return { kind: 'literal', value: false, position }
    if (this.#takeWord('case')) return this.#case(position)
    if (RESERVED.has(token.text.toLowerCase())) {
      this.#failExpecting('a value, a column or "(" (a column of this name needs double quotes)')
    }
    this.#take()
    if (this.#isSymbol('(')) return this.#call(token)
    return { kind: 'column', name: token.text, position }
  }

  #case(position: number): Expression {
    const branches: CaseBranch[] = []
    this.#expectWord('when')
    do {
      const when = this.expression()
      this.#expectWord('then')
      branches.push({ when, result: this.expression() })
    } while (this.#takeWord('when'))
    const otherwise = this.#takeWord('else') ? this.expression() : null
    this.#expectWord('end')
    return { kind: 'case', branches, otherwise, position }
  }

  #call({ text, position }: Token): Expression {
    const name = text.toLowerCase()
    if (name === 'bucket') return this.#bucket(position)
    if (!isFunctionName(name)) {
      const known = [...functionNames, 'bucket'].join(', ')
      throw syntaxError(this.#text, position, `there is no function "${text}"; there are ${known}`)
    }
    this.#expectSymbol('(')
    return { kind: 'call', name, arguments: this.#list(')'), position }
  }

  /** `bucket(x, [e0, e1, …])` with ascending numbers. */
  #bucket(position: number): Expression {
    this.#expectSymbol('(')
    const operand = this.expression()
    this.#expectSymbol(',')
    this.#expectSymbol('[')
    const edges: number[] = []
    do {
      const sign = this.#takeSymbol('-') ? -1 : 1
      if (this.#peek().kind !== 'number') this.#failExpecting('a number as edge')
      const before = this.#next
      edges.push(sign * this.#number())
      if (edges.length > 1 && !(edges.at(-1)! > edges.at(-2)!)) {
        this.#next = before
        this.#fail('the edges of bucket must ascend')
      }
    } while (this.#takeSymbol(','))
    this.#expectSymbol(']')
    this.#expectSymbol(')')
    return { kind: 'bucket', operand, edges, position }
  }

  #list(close: string): Expression[] {
    const list = [this.expression()]
    while (this.#takeSymbol(',')) list.push(this.expression())
    this.#expectSymbol(close)
    return list
  }

  #number(): number {
    const value = Number(this.#peek().text)
    if (value === Infinity) this.#fail('the number is too large')
    this.#take()
    return value
  }

  #peek(): Token {
    return this.#tokens[this.#next]!
  }

  #take(): Token {
    return this.#tokens[this.#next++]!
  }

  #isSymbol(symbol: string): boolean {
    const token = this.#peek()
    return token.kind === 'symbol' && token.text === symbol
  }

  #takeSymbol(symbol: string): boolean {
    const found = this.#isSymbol(symbol)
    if (found) this.#next++
    return found
  }

  #takeSymbolOf(level: Readonly<Record<string, BinaryOperator>>): BinaryOperator | undefined {
    const token = this.#peek()
    const operator = token.kind === 'symbol' ? level[token.text] : undefined
    if (operator !== undefined) this.#next++
    return operator
  }

  #takeWord(word: string): boolean {
    const token = this.#peek()
    const found = token.kind === 'name' && token.text.toLowerCase() === word
    if (found) this.#next++
    return found
  }

  #expectSymbol(symbol: string): void {
    if (!this.#takeSymbol(symbol)) this.#failExpecting(`"${symbol}"`)
  }

  #expectWord(word: string): void {
    if (!this.#takeWord(word)) this.#failExpecting(`"${word}"`)
  }

  #failExpecting(expected: string): never {
    const { kind, text } = this.#peek()
    this.#fail(`expected ${expected}, found ${kind === 'end' ? 'the end' : `"${text}"`}`)
  }

  #fail(problem: string): never {
    throw syntaxError(this.#text, this.#peek().position, problem)
  }
}

function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: 'binary', operator, left, right, position: left.position }
}

function isFunctionName(name: string): name is FunctionName {
  return (functionNames as readonly string[]).includes(name)
}
