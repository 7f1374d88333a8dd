/**
 * `npm run package`: the package that people install, as a folder `dist/`. Node strips no types below
 * node_modules, so the source becomes JavaScript; what it reads at run time, and what people take
 * from the package (dashboards, rules, units, manifests), lies beside it as in a checkout.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeManifest } from './manifest.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Files and folders that go along as they are. */
const SHIPPED = [
  'bin',
  'grafana/alerting',
  'grafana/dashboards',
  'grafana/provisioning',
  'prometheus',
  'docs',
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'LICENSE',
]
const WEB = 'src/web/*.{html,css,js}'
/** Not what builds the package and the image: that needs a checkout. */
const DEPLOYED = 'deploy/**/*.{yaml,yml,service,conf}'

export function build(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const project = join(ROOT, 'deploy/npm/tsconfig.json')
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', join(folder, 'lib')], {
    stdio: 'inherit',
  })
  for (const file of globSync(WEB, { cwd: ROOT })) {
    cpSync(join(ROOT, file), join(folder, file.replace(/^src/, 'lib')))
  }
  for (const file of [...SHIPPED, ...globSync(DEPLOYED, { cwd: ROOT })]) {
    cpSync(join(ROOT, file), join(folder, file), { recursive: true })
  }
  writeManifest(folder)
}

if (import.meta.main) build(process.argv[2] ?? join(ROOT, 'dist'))
