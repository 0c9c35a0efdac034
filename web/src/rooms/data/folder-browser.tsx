import { Anchor } from '../../parts/anchor.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { bytesText, counted } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { useUrlText, useUrlWith } from '../../parts/url-state.ts'
import type { DataVersionDetail } from './data-reads.ts'
import { FilePanel } from './file-panel.tsx'
import { useFolder } from './folder-reads.ts'
import { FolderTable } from './folder-table.tsx'
import css from './folder-table.module.css'

/** The files of a version, folder by folder, with a look into each. */
export function FolderBrowser({ version }: { version: DataVersionDetail }) {
  const [folder] = useUrlText('folder')
  const [file] = useUrlText('file')
  const pages = useFolder(version.dataset, String(version.version), folder)
  const first = pages.data?.pages[0]
  return (
    <div className={file === '' ? 'stack' : css['beside']}>
      <Section
        title={<FolderCrumbs root={version.dataset} folder={folder} />}
        hint={
          first === undefined
            ? undefined
            : `${counted(first.files, 'file')}, ${bytesText(first.sizeBytes)}`
        }
        flush
      >
        <Loaded query={pages}>
          {() => <FolderTable version={version} pages={pages} chosen={file} />}
        </Loaded>
      </Section>
      {file === '' ? null : <FilePanel key={file} version={version} path={file} />}
    </div>
  )
}

function FolderCrumbs({ root, folder }: { root: string; folder: string }) {
  const withTexts = useUrlWith()
  const parts = folder === '' ? [] : folder.split('/')
  return (
    <span className={css['crumbs']}>
      <Anchor to={withTexts({ folder: '', file: '' })}>{root}</Anchor>
      {parts.map((part, index) => {
        const path = parts.slice(0, index + 1).join('/')
        return (
          <span key={path}>
            {' / '}
            <Anchor to={withTexts({ folder: path, file: '' })}>{part}</Anchor>
          </span>
        )
      })}
    </span>
  )
}
