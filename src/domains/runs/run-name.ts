const qualities = [
  'amber',
  'brisk',
  'calm',
  'clear',
  'daring',
  'eager',
  'fair',
  'gentle',
  'hardy',
  'keen',
  'lively',
  'mellow',
  'nimble',
  'patient',
  'quiet',
  'rapid',
  'steady',
  'tidy',
  'upbeat',
  'vivid',
  'warm',
  'wise',
]
const animals = [
  'auk',
  'badger',
  'crane',
  'dove',
  'egret',
  'finch',
  'gull',
  'heron',
  'ibis',
  'jay',
  'kite',
  'lark',
  'martin',
  'newt',
  'otter',
  'plover',
  'quail',
  'raven',
  'swift',
  'tern',
  'vole',
  'wren',
]

/** A name that people can say, the same for the same id. */
export function runName(id: string): string {
  const seed = Number.parseInt(id.slice(-8), 16)
  const quality = qualities[seed % qualities.length] ?? 'calm'
  const animal = animals[Math.floor(seed / qualities.length) % animals.length] ?? 'otter'
  return `${quality}-${animal}-${seed % 1000}`
}
