import { StringDecoder } from 'node:string_decoder'

const longestLine = 1 << 16

/**
 * Cuts a stream of bytes into lines as a terminal would show them: a carriage return starts the line
 * again, so that a progress bar is one line. A longer line than 64 Ki characters comes in parts.
 */
export class OutputLines {
  readonly #decoder = new StringDecoder('utf8')
  readonly #emit: (line: string) => void
  #open = ''

  constructor(emit: (line: string) => void) {
    this.#emit = emit
  }

  write(bytes: Buffer): void {
    this.#take(this.#decoder.write(bytes))
  }

  /** Gives the last line, which may have no end. */
  end(): void {
    this.#take(this.#decoder.end())
    if (this.#open !== '') this.#emit(shown(this.#open))
    this.#open = ''
  }

  #take(text: string): void {
    const lines = (this.#open + text).split('\n')
    this.#open = lines.pop() ?? ''
    for (const line of lines) this.#emitParts(line)
    if (this.#open.length <= longestLine) return
    this.#open = shown(this.#open)
    for (; this.#open.length > longestLine; this.#open = this.#open.slice(longestLine)) {
      this.#emit(this.#open.slice(0, longestLine))
    }
  }

  #emitParts(line: string): void {
    const text = shown(line)
    for (let at = 0; at === 0 || at < text.length; at += longestLine) {
      this.#emit(text.slice(at, at + longestLine))
    }
  }
}

/** What stays to be seen after carriage returns. */
function shown(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  return text.slice(text.lastIndexOf('\r') + 1)
}
