import { useEffect, useState } from 'react'
import { useClient } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

const pauseMs = 700
const mostCharacters = 400_000

interface LogState {
  text: string
  error: unknown
  retry: () => void
}

/** Reads a stage's output from where it last stopped, again and again while the stage runs. */
export function useStageLog(execution: string, stage: string, running: boolean): LogState {
  const client = useClient()
  const project = useProject()
  const [text, setText] = useState('')
  const [error, setError] = useState<unknown>(undefined)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    const params = { project, execution, stage }
    const follow = async () => {
      let offset = 0
      setText('')
      while (!signal.aborted) {
        const part = await client.pipelines.readStageLog({ params, query: { offset }, signal })
        offset = part.nextOffset
        if (part.text !== '')
          setText((before) => (before + withoutColours(part.text)).slice(-mostCharacters))
        if (part.complete || (!running && part.text === '')) return
        if (part.text === '') await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    }
    setError(undefined)
    follow().catch((thrown: unknown) => {
      if (!signal.aborted) setError(thrown)
    })
    return () => stop.abort()
  }, [client, project, execution, stage, running, attempt])
  return { text, error, retry: () => setAttempt((count) => count + 1) }
}

/** Terminal colours and cursor moves say nothing on a page. */
function withoutColours(text: string): string {
  // oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
  return text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r\n', '\n')
}
