import { createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'
import type { Client } from '#client/client'
import { upload } from './seed-data.ts'

const md5 = (content: string) => createHash('md5').update(content).digest('hex')

/** A data set of folders with pictures, labels and files of other kinds, in three versions. */
export async function seedPictures(client: Client, project: string): Promise<void> {
  const dataset = 'pictures'
  await client.data.declareDataset({
    params: { project, dataset },
    body: { description: 'Aircraft seen from the tower, with labels', path: 'data/pictures' },
  })
  const pictures = await Promise.all(
    ['boeing', 'airbus', 'embraer'].flatMap((maker, shade) =>
      Array.from({ length: 12 }, (_, i) =>
        upload(client, project, `images/${maker}/${i + 1}.png`, picture(60 * shade + 5 * i)),
      ),
    ),
  )
  const notes = await upload(client, project, 'notes/ünïcode readme.md', '# Aircraft\n\nBy hand.\n')
  const binary = await upload(client, project, 'model.bin', new Uint8Array([0, 1, 2, 255]))
  const box = await upload(client, project, 'boxes.json', JSON.stringify({ boxes: [1, 2, 3] }))
  const crop = await upload(client, project, 'crop', 'not cropped yet')
  const crops = Array.from({ length: 1200 }, (_, i) => ({
    ...crop,
    path: `crops/${String(i).padStart(4, '0')}.txt`,
  }))
  for (let count = 12; count <= 36; count += 12) {
    const some = pictures.slice(0, count)
    const labels = ['picture,maker,seats', ...some.map(({ path }, i) => labelOf(path, i)), '']
    const table = await upload(client, project, 'labels.csv', labels.join('\n'))
    await client.data.commitVersion({
      params: { project, dataset },
      body: { files: [...some, ...crops, table, notes, binary, box], message: `${count} pictures` },
    })
  }
  const params = { project, dataset }
  await client.store.setRetention({ params, body: { keepVersions: 1, keepDays: null } })
  const reason = 'A court asked for the first pictures'
  await client.store.holdDataset({ params, body: { version: 1, reason } })
}

function labelOf(path: string, index: number): string {
  return `${path},${path.split('/')[1]},${index % 7 === 3 ? '' : 90 + ((index * 37) % 210)}`
}

/** Pushes to a DVC remote of the project's name: a whole directory, one that waits, a damaged file. */
export async function seedRemote(url: string, project: string): Promise<void> {
  const send = (path: string, body: string, program = 'dvc/3.67.1') =>
    fetch(`${url}/dvc/${project}/${path}`, {
      method: 'POST',
      body,
      headers: { 'user-agent': program },
    })
  const object = (id: string) => `files/md5/${id.slice(0, 2)}/${id.slice(2)}`
  for (const [index, name] of ['whole', 'waiting'].entries()) {
    const files = Array.from({ length: 9 }, (_, i) => ({
      path: `day-${i + 1}.csv`,
      text: `${name} ${i}`,
    }))
    const members = files.map(({ path, text }) => `{"md5": "${md5(text)}", "relpath": "${path}"}`)
    const manifest = `[${members.join(', ')}]`
    await send(object(`${md5(manifest)}.dir`), manifest)
    for (const { text } of files.slice(0, index === 0 ? 9 : 6)) await send(object(md5(text)), text)
  }
  await send(object(md5('what was meant')), 'something else')
  const pull = await fetch(`${url}/dvc/${project}/${object(md5('whole 1'))}`, {
    headers: { 'user-agent': 'gyre/0.1.0' },
  })
  await pull.arrayBuffer()
}

/** A picture of one shade, 24 pixels wide and high. */
function picture(shade: number): Uint8Array<ArrayBuffer> {
  const side = 24
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(side, shade)])
  const size = Buffer.alloc(8)
  size.writeUInt32BE(side, 0)
  size.writeUInt32BE(side, 4)
  const parts = [
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', Buffer.concat([size, Buffer.from([8, 0, 0, 0, 0])])),
    chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: side }, () => row)))),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return new Uint8Array(Buffer.concat(parts))
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(content.length, 0)
  ends.writeUInt32BE(crc32(typed), 4)
  return Buffer.concat([ends.subarray(0, 4), typed, ends.subarray(4)])
}
