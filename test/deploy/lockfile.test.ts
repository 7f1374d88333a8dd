/** What `npm ci` installs is what was chosen: pinned, with a checksum, running nothing while it is installed. */
import { readFileSync } from 'node:fs'
import test from 'ava'

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly license?: string
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'))
const manifest = read('package.json') as Manifest
const lock = read('package-lock.json') as { readonly packages: Readonly<Record<string, Locked>> }
const packages = Object.entries(lock.packages).filter(([path]) => path !== '')

test('each package is locked by a checksum that cannot be forged', t => {
  const loose = packages.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-'))
  t.deepEqual(loose, [])
})

test('no package runs a script while it is installed', t => {
  const scripts = packages.filter(([, { hasInstallScript }]) => hasInstallScript)
  t.deepEqual(scripts, [])
})

test('packages come from whichever registry npm is set to, and from nowhere else', t => {
  const elsewhere = packages.filter(([, { resolved }]) => resolved !== undefined)
  t.deepEqual(elsewhere, [])
})

test('what the program runs on is pinned to one version each, the one that is locked', t => {
  const pinned = { ...manifest.dependencies, ...manifest.optionalDependencies }
  for (const [name, wanted] of Object.entries(pinned)) {
    const version = wanted.replace(/^npm:.*@/, '')
    t.regex(version, /^\d+\.\d+\.\d+$/, name)
    t.is(lock.packages[`node_modules/${name}`]?.version, version, name)
  }
})

test('what is delivered has a licence that permits it', t => {
  const permissive = [
    'MIT',
    'ISC',
    'Apache-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    '0BSD',
    'BlueOak-1.0.0',
  ]
  const others = packages.filter(
    ([, { dev, license = 'none' }]) => !dev && !permissive.includes(license),
  )
  t.deepEqual(others, [])
})
