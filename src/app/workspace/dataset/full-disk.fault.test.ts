import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type Ended, runGyre } from '../../faults/server-process.contract.ts'

const skip = reasonToSkip()

describe('gyre data on a disk without space', { skip }, () => {
  let disk: string
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'gyre-data-full-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk])
    mkdirSync(join(disk, '.dvc'))
    writeFileSync(join(disk, '.dvc', 'config'), '[core]\n    no_scm = true\n')
  })
  afterEach(() => {
    execFileSync('umount', ['--lazy', disk])
    rmSync(disk, { recursive: true })
  })

  const gyre = (...words: string[]): Promise<Ended> =>
    runGyre({ args: ['data', ...words], directory: disk, environment: { HOME: disk } })

  function write(name: string, count: number, sizeBytes: number): void {
    mkdirSync(join(disk, name))
    for (let i = 0; i < count; i++) writeFileSync(join(disk, name, `${i}`), randomBytes(sizeBytes))
  }

  function toldOfSpace({ code, err }: Ended): void {
    assert.equal(code, 1, err)
    assert.match(err, /full/i)
    assert.doesNotMatch(err, /\n\s+at /)
  }

  it('adds nothing by half, and goes on when there is space', async () => {
    write('first', 20, 100_000)
    assert.equal((await gyre('add', 'first')).code, 0)
    write('second', 300, 10_000)
    const ballast = fill(disk, 1_500_000)
    toldOfSpace(await gyre('add', 'second'))
    assert.equal(existsSync(join(disk, 'second.dvc')), false)
    rmSync(ballast)
    assert.equal((await gyre('fsck')).code, 0)
    assert.equal((await gyre('add', 'second')).code, 0)
    assert.equal((await gyre('status')).code, 0)
    assert.match((await gyre('fsck')).out, /0 bad/)
  })

  it('checks nothing out by half', async () => {
    write('data', 300, 10_000)
    assert.equal((await gyre('add', 'data')).code, 0)
    rmSync(join(disk, 'data'), { recursive: true })
    const ballast = fill(disk, 1_000_000)
    toldOfSpace(await gyre('checkout'))
    assert.equal(existsSync(join(disk, 'data')), false)
    rmSync(ballast)
    assert.equal((await gyre('checkout')).code, 0)
    assert.equal(readdirSync(join(disk, 'data')).length, 300)
    assert.equal((await gyre('status')).code, 0)
  })
})

/** Takes all the space but so much; gives the file to remove. */
function fill(directory: string, leftBytes: number): string {
  const place = join(directory, 'ballast')
  const reserve = join(directory, 'reserve')
  writeFileSync(reserve, Buffer.alloc(leftBytes))
  const file = openSync(place, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(65_536))
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown
  } finally {
    closeSync(file)
    rmSync(reserve)
  }
  return place
}

/** Mounting takes root, and rights that containers may lack. */
function reasonToSkip(): string | false {
  const place = mkdtempSync(join(tmpdir(), 'gyre-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' })
    execFileSync('umount', [place])
    return false
  } catch {
    return 'A small file system can be mounted only by root.'
  } finally {
    rmSync(place, { recursive: true })
  }
}
