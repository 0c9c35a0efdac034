import type { LinkType } from '../repository/config.ts'
import type { Algorithm } from '../repository/object-cache.ts'

/** Where objects go: a cache, or a directory that is a remote. */
export interface ObjectTarget {
  algorithm: Algorithm
  /** Where objects of the algorithm lie. */
  objects: string
  /** For what is not whole yet, on the same file system. */
  drafts: string
  directoryMode: number
}

/** Hashes files. */
export interface HashTask {
  kind: 'hash'
  algorithm: Algorithm
  /** Whether the sha256 is wanted besides. */
  sha256: boolean
  places: string[]
}

/** Hashes files and keeps them as objects. */
export interface StoreTask extends ObjectTarget {
  kind: 'store'
  places: string[]
  /** The places are objects themselves: their names are to be true. */
  named: boolean
  sha256: boolean
}

/** Keeps contents that are in memory, under the names that they are said to have. */
export interface KeepTask extends ObjectTarget {
  kind: 'keep'
  /** The md5s, 16 bytes each. */
  digests: Uint8Array
  /** All contents, one behind the other. */
  content: Uint8Array
  /** Where each ends in `content`. */
  ends: number[]
}

/** Brings files from the cache to places in the work tree. */
export interface CheckOutTask {
  kind: 'check out'
  algorithm: Algorithm
  digests: Uint8Array
  objects: string
  places: string[]
  /** Takes what is not whole yet, on the file system of `places`; undefined: written in place. */
  drafts: string | undefined
  link: LinkType
  isExecutable: boolean
}

/** Reads objects and compares them with their names. */
export interface VerifyTask {
  kind: 'verify'
  algorithm: Algorithm
  places: string[]
}

export type FileTask = HashTask | StoreTask | KeepTask | CheckOutTask | VerifyTask

export interface FileTaskResult {
  /** The md5 of each file, 16 bytes each. */
  digests: Uint8Array
  /** The sha256 of each file, 32 bytes each, if it was wanted. */
  sha256: Uint8Array | undefined
  /** Of each file that was checked out: size, mtimeMs, ctimeMs, inode. Else zeros. */
  signatures: Float64Array
  /** Bytes that were read. */
  bytes: number
  /** How many objects were not there before. */
  stored: number
  /** Files that could not be done, by their place in the task. */
  failures: { index: number; reason: FailureReason; text: string }[]
}

/** `gone`: the file, or the object, is not there; `changed`: an object is not what its name says. */
export type FailureReason = 'gone' | 'changed'
