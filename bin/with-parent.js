// Loaded into the program when an older node had to start it: whatever ends that one, even SIGKILL, which it
// cannot pass on, ends the program too. Else it would live on unseen, with its ports and its folder. The other
// end of this pipe closes with the process that started us.
import { Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'

const PIPE = 3

if (isMainThread) {
  // Programs that this one starts have no such pipe: they are not to get this flag with the others.
  const own = process.execArgv.indexOf(import.meta.url)
  if (own > 0) process.execArgv.splice(own - 1, 2)
  const parent = new Socket({ fd: PIPE, readable: true, writable: false })
  for (const event of ['end', 'error']) {
    parent.once(event, () => process.kill(process.pid, 'SIGKILL'))
  }
  parent.resume().unref()
}
