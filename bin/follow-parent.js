// @ts-check
// Loaded first in a process started by launch.js on a Node that cannot replace itself. The launcher
// holds the other end of descriptor 3 and never writes: when it closes, the launcher was killed,
// and what it stood for must not live on as an orphan that keeps the port and the data directory.
import { Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'

// Worker threads and forked children inherit --import; the watch is not theirs.
if (isMainThread && process.env['GYRE_LAUNCHER'] === String(process.ppid)) {
  const launcher = new Socket({ fd: 3, readable: true, writable: false })
  launcher.on('error', () => {})
  launcher.on('close', () => process.kill(process.pid, 'SIGKILL'))
  launcher.resume()
  launcher.unref()
}
