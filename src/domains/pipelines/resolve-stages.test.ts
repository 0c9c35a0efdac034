import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveStages } from './resolve-stages.ts'
import { selectStages } from './stage-graph.ts'

const read = (files: Record<string, string>) => async (path: string) => files[path]

async function resolve(dvcYaml: string, files: Record<string, string> = {}) {
  return resolveStages(read({ 'dvc.yaml': dvcYaml, ...files }), 'dvc.yaml')
}

async function commandOf(cmd: string, params: string): Promise<unknown> {
  const [stage] = await resolve(`stages:\n  s:\n    cmd: ${JSON.stringify(cmd)}\n`, {
    'params.yaml': params,
  })
  return stage?.command
}

test('templates are filled in as DVC fills them', async () => {
  const params =
    'a: {b: [10, 20]}\nt: true\nf: 1.0\ne: 1.0e-7\nn: null\ns: two words\nk: {x: 1, y: {z: q r}, on: true, off: false, l: [1, a b]}\n'
  assert.equal(
    await commandOf('run ${a.b[1]} ${t} ${f} ${e} ${n} ${s}', params),
    'run 20 true 1.0 1e-07 None two words',
  )
  assert.equal(await commandOf('run ${k}', params), "run --x 1 --y.z 'q r' --on --l 1 'a b'")
  assert.equal(await commandOf('run \\${a.b}', params), 'run ${a.b}')
  assert.equal(await commandOf('echo $HOME ${s}', params), 'echo $HOME two words')
  await assert.rejects(
    commandOf('run ${nothing}', params),
    /no "nothing" in params\.yaml or vars; there are a, t/,
  )
  await assert.rejects(commandOf('run ${a..b}', params), /not a name such as/)
  await assert.rejects(commandOf('run ${a.b}', params), /is a list/)
})

test('vars add to params.yaml and overwrite nothing', async () => {
  const stages = await resolve(
    'vars: [more.json, {c: 3}]\nstages:\n  s:\n    vars: [{d: 4}, "part.yaml:x"]\n    cmd: run ${a} ${b} ${c} ${d} ${x}\n',
    { 'params.yaml': 'a: 1', 'more.json': '{"b": 2}', 'part.yaml': 'x: 5\na: 9' },
  )
  assert.equal(stages[0]?.command, 'run 1 2 3 4 5')
  await assert.rejects(
    resolve('vars: [{a: 2}]\nstages: {}', { 'params.yaml': 'a: 1' }),
    /"a" is defined already/,
  )
  await assert.rejects(resolve('vars: [no.yaml]\nstages: {}'), /no\.yaml does not exist/)
})

test('foreach and matrix make stages', async () => {
  const names = async (yaml: string, params = '') =>
    (await resolve(yaml, params === '' ? {} : { 'params.yaml': params })).map((s) => [
      s.name,
      s.command,
    ])
  assert.deepEqual(
    await names('stages:\n  t:\n    foreach: [eu, 1]\n    do: {cmd: "run ${item}"}\n'),
    [
      ['t@eu', 'run eu'],
      ['t@1', 'run 1'],
    ],
  )
  assert.deepEqual(
    await names(
      'stages:\n  t:\n    foreach: ${r}\n    do: {cmd: "run ${key} ${item.x}"}\n',
      'r: {eu: {x: 1}, us: {x: 2}}',
    ),
    [
      ['t@eu', 'run eu 1'],
      ['t@us', 'run us 2'],
    ],
  )
  assert.deepEqual(
    await names('stages:\n  t:\n    foreach: [{x: 1}, {x: 2}]\n    do: {cmd: "run ${item.x}"}\n'),
    [
      ['t@0', 'run 1'],
      ['t@1', 'run 2'],
    ],
  )
  assert.deepEqual(
    await names(
      'stages:\n  m:\n    matrix: {a: [x, y], b: [1, {q: 2}]}\n    cmd: run ${item.a} ${key}\n',
    ),
    [
      ['m@x-1', 'run x x-1'],
      ['m@x-b1', 'run x x-b1'],
      ['m@y-1', 'run y y-1'],
      ['m@y-b1', 'run y y-b1'],
    ],
  )
})

test('stages come after those whose outputs they take, and outputs are checked', async () => {
  const stages = await resolve(`stages:
  last: {cmd: c, deps: [mid/part/x.txt], outs: [end]}
  mid: {cmd: b, wdir: mid, deps: [../raw.txt], outs: [part]}
  first: {cmd: a, outs: [raw.txt]}
  all: {cmd: d, deps: [.]}
`)
  assert.deepEqual(
    stages.map((s) => s.name),
    ['first', 'mid', 'last', 'all'],
  )
  assert.deepEqual(stages.find((s) => s.name === 'last')?.after, ['mid'])
  assert.deepEqual(
    selectStages(stages, ['mid'], false).map((s) => s.name),
    ['first', 'mid'],
  )
  assert.deepEqual(
    selectStages(stages, ['mid'], true).map((s) => s.name),
    ['mid'],
  )
  assert.deepEqual(
    selectStages(stages, ['mid/part'], false).map((s) => s.name),
    ['first', 'mid'],
  )
  assert.throws(() => selectStages(stages, ['nope'], false), /no stage and no output/)
})

test('a frozen stage does not look back', async () => {
  const stages = await resolve(
    'stages:\n  a: {cmd: x, outs: [o]}\n  b: {cmd: y, deps: [o], frozen: true}\n',
  )
  assert.deepEqual(stages.find((s) => s.name === 'b')?.after, [])
})

const wrong: [string, string, RegExp][] = [
  ['no YAML', 'stages: [', /not valid YAML.*line 1/],
  ['an unknown key', 'stages:\n  a: {cmd: x, dep: [y]}', /stage "a": there is no key "dep"/],
  ['no command', 'stages:\n  a: {deps: [y]}', /cmd must be a command/],
  ['a list that is none', 'stages:\n  a: {cmd: x, deps: y}', /deps must be a list/],
  [
    'a cycle',
    'stages:\n  a: {cmd: x, deps: [p], outs: [q]}\n  b: {cmd: x, deps: [q], outs: [p]}',
    /a -> b -> a depend on each other in a circle/,
  ],
  [
    'an output of two stages',
    'stages:\n  a: {cmd: x, outs: [q]}\n  b: {cmd: x, outs: [./q]}',
    /"q" is an output of stage "a" and of "b"/,
  ],
  [
    'an output in an output',
    'stages:\n  a: {cmd: x, outs: [q]}\n  b: {cmd: x, outs: [q/r]}',
    /"q\/r" of stage "b" lies inside "q"/,
  ],
  ['a remote dependency', 'stages:\n  a: {cmd: x, deps: ["s3://b/k"]}', /is remote/],
  ['a bad name', 'stages:\n  "a b": {cmd: x}', /letters, digits/],
  [
    'foreach over nothing',
    'stages:\n  a:\n    foreach: 3\n    do: {cmd: x}',
    /needs a list or a map/,
  ],
  ['a twice-named key', 'stages:\n  a: {cmd: x}\n  a: {cmd: y}', /not valid YAML/],
  ['another top', 'stags: {}', /no key "stags"/],
]
for (const [name, yaml, message] of wrong) {
  test(`${name} is refused with its place`, async () => {
    await assert.rejects(resolve(yaml), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'invalid')
      assert.match(error.message, message)
      return true
    })
  })
}

test('a long chain of stages does not exhaust the stack', async () => {
  const count = 3000
  const lines = Array.from(
    { length: count },
    (_, i) => `  s${i}: {cmd: x, deps: [f${i + 1}], outs: [f${i}]}`,
  )
  const stages = await resolve(`stages:\n${lines.join('\n')}\n`)
  assert.equal(stages[0]?.name, `s${count - 1}`)
})
