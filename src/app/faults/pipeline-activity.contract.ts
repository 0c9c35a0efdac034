import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '#client/client'
import { type Activity, between, found, type World } from './activity.contract.ts'

/** Three stages in a row; what the last one writes is the parameter that the first one was given. */
const dvcYaml = `stages:
  one:
    cmd: sleep 0.2 && echo \${turn} > one.txt
    params: [turn]
    outs: [one.txt]
  two:
    cmd: sleep 0.2 && cat one.txt > two.txt
    deps: [one.txt]
    outs: [two.txt]
  three:
    cmd: sleep 0.2 && cat two.txt > three.txt
    deps: [two.txt]
    outs: [three.txt]
`
const mostOpen = 3
const pipeline = 'stages'

/** Executions of a small dvc.yaml: each is to succeed in the end, however often it is interrupted. */
export function pipelineActivity({ directory, project, random }: World): Activity {
  const repository = join(directory, 'repository')
  const executions: string[] = []
  let turn = 0
  const params = { project, pipeline }
  const activity = {
    name: 'pipelines',
    places: 1,
    acknowledged: 0,
    async prepare(client: Client) {
      await mkdir(repository)
      await writeFile(join(repository, 'dvc.yaml'), dvcYaml)
      await writeFile(join(repository, 'params.yaml'), 'turn: 0\n')
      await client.pipelines.declarePipeline({ params, body: { directory: repository } })
    },
    async act(client: Client) {
      await sleep(between(random, 20, 400))
      if ((await open(client)).length >= mostOpen) return
      const body = { parameters: { turn: ++turn } }
      const { id } = await client.pipelines.startExecution({ params, body })
      executions.push(id)
      activity.acknowledged++
    },
    async verify(client: Client) {
      for (const id of executions) {
        const got = await found(
          client.pipelines.getExecution({ params: { project, execution: id } }),
        )
        assert.ok(got, `execution ${id} is lost`)
        assert.ok(['queued', 'running', 'succeeded'].includes(got.state), `${id}: ${got.reason}`)
      }
    },
    async settle(client: Client) {
      for (;;) {
        if ((await open(client)).length === 0) break
        await sleep(100)
      }
      const query = { limit: 1000 }
      const { items } = await client.pipelines.listExecutions({ params: { project }, query })
      for (const { id, state, reason } of items)
        assert.equal(state, 'succeeded', `${id}: ${reason}`)
      assert.ok(executions.every((id) => items.some((item) => item.id === id)))
      await verifyOutputs()
    },
  }

  async function open(client: Client): Promise<{ id: string }[]> {
    const { items } = await client.pipelines.listExecutions({
      params: { project },
      query: { limit: 1000 },
    })
    return items.filter(({ state }) => state === 'queued' || state === 'running')
  }

  /** Executions take the directory one after another, so what is there is of one of them alone. */
  async function verifyOutputs(): Promise<void> {
    const names = ['one.txt', 'two.txt', 'three.txt']
    const texts = await Promise.all(
      names.map((name) => readFile(join(repository, name), 'utf8').catch(() => 'none')),
    )
    assert.deepEqual(texts, [texts[0], texts[0], texts[0]])
    const lock = await readFile(join(repository, 'dvc.lock'), 'utf8')
    assert.ok(lock.includes(`turn: ${texts[0]?.trim()}`), 'dvc.lock tells of what is there')
  }
  return activity
}
