import { Select } from '@mantine/core'

const roles = ['viewer', 'editor', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

export interface Rights {
  role: Role
  everywhere: boolean
}

interface RightsFieldsProps<T extends Rights> {
  wish: T
  setWish: (wish: T) => void
  project: string
}

/** Which role, and where. */
export function RightsFields<T extends Rights>({ wish, setWish, project }: RightsFieldsProps<T>) {
  return (
    <>
      <Select
        label="Role"
        allowDeselect={false}
        data={[...roles]}
        value={wish.role}
        onChange={(value) =>
          setWish({ ...wish, role: roles.find((role) => role === value) ?? wish.role })
        }
      />
      <Select
        label="Where"
        allowDeselect={false}
        data={[
          { value: 'here', label: `in ${project}` },
          { value: 'everywhere', label: 'in every project' },
        ]}
        value={wish.everywhere ? 'everywhere' : 'here'}
        onChange={(value) => setWish({ ...wish, everywhere: value === 'everywhere' })}
      />
    </>
  )
}
