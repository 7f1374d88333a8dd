/**
 * What people install is not what developers install: no tools, and not the pinned Node. Makes the
 * published package.json and its npm-shrinkwrap.json, with the versions of our own lockfile, out of
 * ours. Needs nothing but Node, so that the image can run it before anything is installed:
 *
 *   node deploy/npm/manifest.ts FOLDER
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = new URL('../../', import.meta.url)
const KEPT = ['name', 'version', 'description', 'license', 'type', 'bin', 'engines', 'dependencies']

type Json = Readonly<Record<string, unknown>>
type Packages = Readonly<Record<string, Json>>

interface Lock {
  readonly lockfileVersion: number
  readonly packages: Packages
}

export function publishedManifest(own: Json): Json {
  return Object.fromEntries(KEPT.map(key => [key, own[key]]))
}

/** The lockfile without development, and without the Node that a checkout brings along. */
export function publishedLock(own: Lock, manifest: Json): Json {
  const { description: _, type: __, ...root } = manifest
  const packages = Object.entries(own.packages).filter(
    ([path, entry]) =>
      path !== '' &&
      !path.startsWith('node_modules/node-linux-') &&
      entry.dev !== true &&
      entry.devOptional !== true,
  )
  return {
    name: manifest.name,
    version: manifest.version,
    lockfileVersion: own.lockfileVersion,
    requires: true,
    packages: { '': root, ...Object.fromEntries(packages) },
  }
}

export function writeManifest(folder: string): void {
  const manifest = publishedManifest(readJson<Json>('package.json'))
  const lock = publishedLock(readJson<Lock>('package-lock.json'), manifest)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), text(manifest))
  writeFileSync(join(folder, 'npm-shrinkwrap.json'), text(lock))
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, ROOT), 'utf8')) as T
}

function text(value: Json): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2)
  if (folder === undefined) throw new Error('usage: node deploy/npm/manifest.ts FOLDER')
  writeManifest(folder)
}
