import { createContext, use } from 'react'

const Project = createContext('default')

export const ProjectProvider = Project

/** The project that the page shows; it stands in every address as `?project=`. */
export function useProject(): string {
  return use(Project)
}
