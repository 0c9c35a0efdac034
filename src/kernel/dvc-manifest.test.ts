import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { compareCodePoints, dvcManifest, parseDvcManifest } from './dvc-manifest.ts'

const md5 = (content: string): string => createHash('md5').update(content).digest('hex')

function manifestDigest(files: Record<string, string>): string {
  const items = Object.entries(files).map(([path, content]) => ({ path, md5: md5(content) }))
  return `${md5(dvcManifest(items))}.dir`
}

describe('dvcManifest', () => {
  it('gives the digests of DVC’s own test vectors', () => {
    assert.equal(
      manifestDigest({ bar: 'bar', foo: 'foo', 'sub_dir/baz': 'sub_dir/baz' }),
      '55d05978954d1b2cd7b06aedda9b9e43.dir',
    )
    assert.equal(
      manifestDigest({ 'subdir/subfile': 'subfile', file: 'file' }),
      'b6dcab6ccd17ca0a8bf4a215a37d14cc.dir',
    )
  })

  it('writes what Python’s json.dumps writes of names beyond ASCII', () => {
    const files = [
      { path: '\u{1F600}', md5: 'b' },
      { path: 'ü"\\\u007f\n', md5: 'a' },
      { path: '\uffee', md5: 'c' },
    ]
    assert.equal(
      dvcManifest(files),
      '[{"md5": "a", "relpath": "\\u00fc\\"\\\\\\u007f\\n"}, ' +
        '{"md5": "c", "relpath": "\\uffee"}, {"md5": "b", "relpath": "\\ud83d\\ude00"}]',
    )
  })
})

describe('compareCodePoints', () => {
  it('orders as Python orders strings', () => {
    const sorted = ['', 'A', 'a', 'a/b', 'ab', 'é', '\uffee', '\u{10000}', '\u{1F600}']
    assert.deepEqual(sorted.toReversed().sort(compareCodePoints), sorted)
  })
})

describe('parseDvcManifest', () => {
  const entry = (relpath: string, md5 = 'a'.repeat(32)) => ({ md5, relpath })
  const parse = (value: unknown) => parseDvcManifest(JSON.stringify(value), 'It')

  it('reads what dvcManifest writes', () => {
    const files = [
      { path: 'a/\u{1F600}', md5: 'b'.repeat(32) },
      { path: 'ü', md5: 'a'.repeat(32) },
    ]
    assert.deepEqual(
      parseDvcManifest(dvcManifest(files), 'It').sort((a, b) => compareCodePoints(a.path, b.path)),
      files,
    )
  })

  it('refuses paths that leave the directory, and files in each other’s way', () => {
    for (const path of ['../x', '/etc/passwd', 'a/../b', 'a//b', '', '.', 'a/./b', 'a\0b', 'a/']) {
      assert.throws(() => parse([entry(path)]), /no path inside its directory/, path)
    }
    assert.throws(() => parse([entry('a'), entry('a')]), /"a" twice/)
    assert.throws(() => parse([entry('a/b/c'), entry('a')]), /"a" as a file and as the directory/)
  })

  it('refuses what is cut short or no manifest', () => {
    const whole = JSON.stringify([entry('a'), entry('b')])
    assert.throws(() => parseDvcManifest(whole.slice(0, -5), 'It'), /not valid JSON/)
    assert.throws(() => parse({}), /a list of files/)
    assert.throws(() => parse([{ relpath: 'a' }]), /needs an md5/)
    assert.throws(() => parse([entry('a', 'XY')]), /needs an md5/)
    assert.throws(() => parse([null]), /needs an md5/)
  })
})
