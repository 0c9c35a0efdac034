import { useEffect, useRef } from 'react'
import { Failure } from '../../parts/failure.tsx'
import css from './stage-log.module.css'
import { useStageLog } from './stage-log-read.ts'

interface StageLogProps {
  execution: string
  stage: string
  running: boolean
}

/** What a stage writes, as it writes it; it stays at the end unless one scrolls away. */
export function StageLog({ execution, stage, running }: StageLogProps) {
  const { text, error, retry } = useStageLog(execution, stage, running)
  const box = useRef<HTMLPreElement>(null)
  const follows = useRef(true)
  useEffect(() => {
    if (follows.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight
  }, [text])
  const scrolled = () => {
    const element = box.current
    if (element === null) return
    follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < 30
  }
  return (
    <>
      {error === undefined ? null : <Failure error={error} retry={retry} />}
      <pre
        ref={box}
        onScroll={scrolled}
        className={css['log']}
        tabIndex={0}
        role="group"
        aria-label={`Output of ${stage}`}
      >
        {text === '' ? (
          <span className="quiet">{running ? 'Nothing written yet.' : 'It wrote nothing.'}</span>
        ) : (
          text
        )}
      </pre>
    </>
  )
}
