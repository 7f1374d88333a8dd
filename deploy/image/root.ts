/**
 * Lays out the image: `node deploy/image/root.ts APP OUT` makes OUT/root, the whole file system of
 * the image, and OUT/owned, the folders in it that the program may write to. Which libraries Node
 * needs, it knows itself: the ones that it has loaded.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const USER = 65532
/** Packages with native parts: loaded, so that what these need is among the libraries. */
const NATIVE = ['@node-rs/bcrypt']
/** Read by C libraries, not loaded: only where the base image has them. */
const DATA = ['/etc/ssl/certs/ca-certificates.crt', '/etc/nsswitch.conf']
/** `secrets` is for compose.yaml: a volume begins with the owner of the folder that it covers. */
const OWNED = { data: 0o750, secrets: 0o755 }

interface Report {
  readonly sharedObjects: readonly string[]
}

const [app = '', out = ''] = process.argv.slice(2)
if (out === '') throw new Error('usage: node deploy/image/root.ts APP OUT')
const root = join(out, 'root')

const require = createRequire(join(app, 'package.json'))
for (const name of NATIVE) require(name)
const { sharedObjects } = process.report.getReport() as unknown as Report

put(process.execPath, '/usr/local/bin/node')
for (const file of [...sharedObjects, ...DATA]) {
  if (file.startsWith('/') && !file.startsWith(app) && existsSync(file)) put(file, file)
}
cpSync(app, join(root, 'app'), { recursive: true })
write('etc/passwd', `root:x:0:0::/:/none\nsflow:x:${USER}:${USER}::/data:/none\n`)
write('etc/group', `root:x:0:\nsflow:x:${USER}:\n`)
makeFolder(join(root, 'tmp'), 0o1777)
for (const [name, mode] of Object.entries(OWNED)) makeFolder(join(out, 'owned', name), mode)

const files = globSync('**/*', { cwd: root, withFileTypes: true }).filter(entry => entry.isFile())
console.log(`${files.length} files, ${sharedObjects.length} libraries`)

function put(file: string, as: string): void {
  mkdirSync(dirname(join(root, as)), { recursive: true })
  cpSync(realpathSync(file), join(root, as))
}

/** With exactly this mode, whatever the umask is. */
function makeFolder(path: string, mode: number): void {
  mkdirSync(path, { recursive: true })
  chmodSync(path, mode)
}

function write(name: string, text: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true })
  writeFileSync(join(root, name), text)
}
