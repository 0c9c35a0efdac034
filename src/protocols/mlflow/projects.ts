import type { FastifyRequest } from 'fastify'
import type { GyreError } from '#kernel/errors'
import { checkName } from '#kernel/names'
import { hasProject, type Platform } from '#domains/access/index'
import { mlflowError } from './errors.ts'

export const defaultProject = 'default'

/** Finds the project of a request: MLflow's workspace. Errors: `not_found` for one that is not there. */
export function projectReader(platform: Platform): (request: FastifyRequest) => Promise<string> {
  const known = new Set([defaultProject])
  return async ({ headers }) => {
    const header = headers['x-mlflow-workspace']
    const name = (Array.isArray(header) ? header[0] : header)?.trim() ?? ''
    if (name === '') return defaultProject
    const project = checkName('workspace', name)
    if (known.has(project)) return project
    if (!(await hasProject(platform, project))) throw noWorkspace(project)
    known.add(project)
    return project
  }
}

/** What MLflow says of a workspace that is not there. */
export function noWorkspace(name: string): GyreError {
  return mlflowError('RESOURCE_DOES_NOT_EXIST', `Workspace '${name.slice(0, 200)}' not found`)
}
