/** Ids are bytes to protocol buffers, whose JSON spells those in base64. */
export function base64Of(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}
