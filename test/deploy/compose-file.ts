/** compose.yaml as read by its tests. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ROOT } from '../prometheus/rule-files.ts'

export interface Service {
  readonly image: string
  readonly build?: string
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly tmpfs?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly profiles?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] }
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly cap_add?: readonly string[]
  readonly privileged?: boolean
  readonly security_opt?: readonly string[]
  readonly network_mode?: string
}

export interface ComposeFile {
  readonly name: string
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, null>>
}

export interface Mount {
  /** A path of the checkout, or the name of a volume. */
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  readonly isVolume: boolean
}

export function readCompose(): ComposeFile {
  return parse(readFileSync(join(ROOT, 'compose.yaml'), 'utf8'), { merge: true }) as ComposeFile
}

export function mountsOf({ volumes = [] }: Service): Mount[] {
  return volumes.map(text => {
    const [source = '', target = '', mode] = text.split(':')
    const isVolume = !source.startsWith('.')
    return {
      source: isVolume ? source : join(ROOT, source),
      target,
      readOnly: mode === 'ro',
      isVolume,
    }
  })
}
