import { ActionIcon, useMantineColorScheme } from '@mantine/core'
import { Icon, type IconName } from '../parts/icon.tsx'

const next = { auto: 'light', light: 'dark', dark: 'auto' } as const
const looks: Record<keyof typeof next, { icon: IconName; label: string }> = {
  auto: { icon: 'screen', label: 'Colours follow the system' },
  light: { icon: 'sun', label: 'Light colours' },
  dark: { icon: 'moon', label: 'Dark colours' },
}

/** Light, dark, or as the system has it. */
export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const { icon, label } = looks[colorScheme]
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={30}
      aria-label={`${label}. Change`}
      title={`${label}. Click for ${looks[next[colorScheme]].label.toLowerCase()}`}
      onClick={() => setColorScheme(next[colorScheme])}
    >
      <Icon name={icon} />
    </ActionIcon>
  )
}
