import { marked } from 'marked'
import { useMemo } from 'react'
import css from './file-view.module.css'

/** A stored page, shown in an origin of its own; the server's answer holds the rest of its sandbox. */
export function Framed({ title, address }: { title: string; address: string }) {
  return <iframe className={css['frame']} title={title} src={address} sandbox="allow-scripts" />
}

/** Markdown, in a frame that can run nothing and reach nothing. */
export function FramedMarkdown({ title, text }: { title: string; text: string }) {
  const page = useMemo(() => {
    const styles = getComputedStyle(document.documentElement)
    const [color, back, link] = ['--text', '--surface', '--accent-text'].map((name) =>
      styles.getPropertyValue(name),
    )
    const style = `body{font:15px/1.6 ${styles.getPropertyValue('--font')};color:${color};background:${back};margin:16px}
      a{color:${link}}img{max-width:100%}pre,code{font-family:monospace}table{border-collapse:collapse}
      td,th{border:1px solid;padding:4px 8px}`
    return `<!doctype html><meta charset="utf-8"><base target="_blank"><style>${style}</style>${marked.parse(text, { async: false })}`
  }, [text])
  return <iframe className={css['frame']} title={title} srcDoc={page} sandbox="" />
}
