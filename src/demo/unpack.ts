/**
 * Prometheus and Alertmanager for a machine that has none: Debian's packages, downloaded and unpacked
 * into a folder of the demo. Nothing is installed, nobody need be root, and the folder goes with the demo.
 */
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isProgram, onPath } from './ports.ts'
import type { Processes } from './processes.ts'

/** The package, its program, and how it is run from where it was unpacked. */
const UNPACKABLE = {
  prometheus: {
    package: 'prometheus',
    program: 'usr/bin/prometheus',
    command: (root: string, program: string) => [
      program,
      `--web.local-assets=${root}/usr/share/prometheus/web/`,
    ],
  },
  alertmanager: {
    package: 'prometheus-alertmanager',
    program: 'usr/bin/prometheus-alertmanager',
    // It opens templates below /usr/share, and no flag names another place.
    command: (root: string, program: string) => [
      'unshare',
      ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
      '--mount',
      'sh',
      '-c',
      'mount -t overlay overlay -o "lowerdir=$0:/usr/share" /usr/share && exec "$@"',
      `${root}/usr/share`,
      program,
    ],
  },
} as const

export type UnpackableName = keyof typeof UNPACKABLE
export const UNPACKABLE_NAMES = Object.keys(UNPACKABLE) as readonly UnpackableName[]

const TOOLS = ['apt-get', 'dpkg-deb']
/** A slow line has time for 40 MB; a network that answers nothing is given up. */
const STEP_MS = 180_000
/** What the pages of Debian's Prometheus are drawn with. Fonts and the like are not missed. */
const PAGES = /^Inst (libjs-\S+)/gm

/** Can it be tried at all? */
export function canUnpack(): boolean {
  return TOOLS.every(tool => onPath([tool]) !== undefined)
}

/** Words that run each of the programs. Rejects with what apt or dpkg said. */
export async function unpack(
  names: readonly UnpackableName[],
  folder: string,
  processes: Processes,
): Promise<Readonly<Record<UnpackableName, readonly string[]>>> {
  const packages = names.map(name => UNPACKABLE[name].package)
  const debs = join(folder, 'debs')
  const root = join(folder, 'root')
  await mkdir(debs, { recursive: true })
  await mkdir(root, { recursive: true })
  const options = { cwd: debs, env: { ...process.env, LC_ALL: 'C' }, timeout: STEP_MS }
  const apt = (...words: string[]) =>
    processes.run('apt-get', ['-o', 'APT::Sandbox::User=root', ...words], options)
  const download = async (own: readonly string[]) => {
    const plan = await apt(...own, '--simulate', 'install', '--no-install-recommends', ...packages)
    const pages = [...plan.matchAll(PAGES)].map(([, name]) => String(name))
    await apt(...own, 'download', ...packages, ...pages)
  }
  // Package lists that are missing or too old are fetched once more, for us alone.
  await download([]).catch(async () => {
    const home = join(folder, 'apt')
    await mkdir(join(home, 'lists', 'partial'), { recursive: true })
    await mkdir(join(home, 'archives', 'partial'), { recursive: true })
    const own = ['-o', `Dir::State::Lists=${join(home, 'lists')}`, '-o', `Dir::Cache=${home}`]
    await apt(...own, 'update')
    await download(own)
  })
  for (const file of await readdir(debs)) {
    if (file.endsWith('.deb')) await processes.run('dpkg-deb', ['-x', file, root], options)
  }
  const commandOf = (name: UnpackableName) => {
    const { program, command } = UNPACKABLE[name]
    const path = join(root, program)
    if (names.includes(name) && !isProgram(path)) throw new Error(`the package holds no ${program}`)
    return command(root, path)
  }
  return { prometheus: commandOf('prometheus'), alertmanager: commandOf('alertmanager') }
}
