/** Files that survive a crash whole: rules of the agent, policy files of the device. */
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'

/** Replaces a file so that a crash leaves the old or the new text, never a part. */
export async function writeDurably(
  directory: string,
  name: string,
  temporary: string,
  text: string,
  mode = 0o640,
): Promise<void> {
  const path = join(directory, temporary)
  const file = await open(path, 'w', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(path, join(directory, name))
  await syncDirectory(directory)
}

export async function syncDirectory(directory: string): Promise<void> {
  const folder = await open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
