/** Line drawings on a 16 × 16 grid, stroked in the text's colour. */
const drawings = {
  loop: 'M13.2 6A5.6 5.6 0 1 0 13.6 8M13.6 2.6V6h-3.4',
  data: 'M8 6.4c2.9 0 5.2-.9 5.2-2.1S10.9 2.2 8 2.2s-5.2.9-5.2 2.1S5.1 6.4 8 6.4ZM2.8 4.3v7.4c0 1.2 2.3 2.1 5.2 2.1s5.2-.9 5.2-2.1V4.3M2.8 8c0 1.2 2.3 2.1 5.2 2.1S13.2 9.2 13.2 8',
  features: 'M2.5 4.5h5M11 4.5h2.5M2.5 11.5H5M8.5 11.5h5M9.2 2.8v3.4M6.8 9.8v3.4',
  runs: 'M2.5 2.5v11h11M5 10.5l2.6-3.4 2.2 1.8L13.2 4.5',
  models: 'M8 1.9 13.4 5v6L8 14.1 2.6 11V5L8 1.9ZM2.8 5.1 8 8.1l5.2-3M8 8.1v5.8',
  pipelines:
    'M2.2 6.2h3.6v3.6H2.2zM10.2 2.2h3.6v3.6h-3.6zM10.2 10.2h3.6v3.6h-3.6zM5.8 8h2.2M8 4v8M8 4h2.2M8 12h2.2',
  endpoints:
    'M8 9.3a1.3 1.3 0 1 0 0-2.6 1.3 1.3 0 0 0 0 2.6ZM5 11a4.2 4.2 0 0 1 0-6M11 5a4.2 4.2 0 0 1 0 6M3 13a7 7 0 0 1 0-10M13 3a7 7 0 0 1 0 10',
  monitors: 'M1.8 8.5h2.7L6.4 3.5l3.2 9L11.5 8.5h2.7',
  alerts:
    'M8 2a4 4 0 0 0-4 4c0 3.8-1.5 4.8-1.5 4.8h11S12 9.8 12 6a4 4 0 0 0-4-4ZM6.6 13.4a1.6 1.6 0 0 0 2.8 0',
  journal: 'M3.5 2.2h9v11.6h-9zM6 5.4h4M6 8h4M6 10.6h2.5',
  settings:
    'M2.5 4.5H8M12 4.5h1.5M2.5 11.5H4M8 11.5h5.5M10 2.9a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2ZM6 9.9a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2Z',
  search: 'M7.2 12a4.8 4.8 0 1 0 0-9.6 4.8 4.8 0 0 0 0 9.6ZM10.8 10.8 14 14',
  sun: 'M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  moon: 'M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1Z',
  screen: 'M2 3h12v8H2zM6 13.5h4M8 11v2.5',
  down: 'M4 6.2 8 10.2l4-4',
  right: 'M6.2 4l4 4-4 4',
  up: 'M4 9.8 8 5.8l4 4',
  arrow: 'M2.5 8h10.5M9 4l4 4-4 4',
  copy: 'M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1',
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  plus: 'M8 3v10M3 8h10',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  compare: 'M5.5 2.5v11M10.5 2.5v11M2.5 5.5h3M2.5 10h3M10.5 5.5h3M10.5 10h3',
  refresh: 'M13.2 6A5.6 5.6 0 1 0 13.6 8M13.6 2.6V6h-3.4',
  warning: 'M8 2.3 14.3 13.3H1.7L8 2.3ZM8 6.5v3.2M8 11.6v.1',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.3V11M8 5.1v.1',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.8V8l2.2 1.5',
  play: 'M4.8 3v10l8-5z',
  file: 'M4 1.8h5l3.2 3.2v9.2H4zM9 1.8V5h3.2',
  link: 'M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.3-2.3a2.6 2.6 0 0 0-3.7-3.7l-.8.8M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.2 9.1a2.6 2.6 0 0 0 3.7 3.7l.8-.8',
  branch:
    'M4.5 10.5v-5M4.5 5.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM4.5 13.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM11.5 6.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM11.5 6.5c0 2.5-2.5 3-4.5 3.3',
  help: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.2 6.2A1.8 1.8 0 1 1 8 8.1v1M8 11.2v.1',
} as const

export type IconName = keyof typeof drawings

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      style={{ flex: 'none' }}
    >
      <path d={drawings[name]} />
    </svg>
  )
}
