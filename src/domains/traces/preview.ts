import type { Json, JsonObject } from '#kernel/json'
import { attributeJson } from './attribute-json.ts'
import { plainValue } from './attributes.ts'
import type { AttributeValue } from './span.ts'
import { shortened, storable } from './storable-text.ts'

const longestPreview = 1000

/**
 * What stands in a list for the inputs or outputs of a trace: of a conversation in one of OpenAI's
 * forms the last message of `role`, otherwise the value itself.
 */
export function previewOf(
  value: AttributeValue | undefined,
  role: 'user' | 'assistant',
): string | undefined {
  if (value === undefined) return undefined
  const text = value.stringValue ?? attributeJson(value)
  const message = lastMessage(messagesIn(parsed(value)), role)
  return shortened(storable(message ?? text), longestPreview)
}

function parsed(value: AttributeValue): Json {
  if (value.stringValue === undefined) return plainValue(value)
  try {
    return JSON.parse(value.stringValue) as Json
  } catch {
    return null
  }
}

function messagesIn(value: Json | undefined): JsonObject[] {
  if (!isObject(value)) return []
  for (const name of ['messages', 'input', 'output']) {
    const list = value[name]
    if (Array.isArray(list)) return list.filter(isMessage)
  }
  const choices = value['choices']
  const choice = Array.isArray(choices) ? choices[0] : undefined
  const message = isObject(choice) ? choice['message'] : undefined
  if (isMessage(message)) return [message]
  return messagesIn(value['request'])
}

function lastMessage(messages: readonly JsonObject[], role: string): string | undefined {
  const message = messages.findLast((each) => each['role'] === role) ?? messages.at(-1)
  const content = message?.['content']
  if (typeof content === 'string') return content === '' ? undefined : content
  if (!Array.isArray(content)) return undefined
  const texts = content.map((part) => (isObject(part) ? part['text'] : undefined))
  return texts.find((text) => typeof text === 'string' && text !== '') as string | undefined
}

function isMessage(value: Json | undefined): value is JsonObject {
  return isObject(value) && 'role' in value && 'content' in value
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
