/** A folder that looks like a Cumulus switch: policy.d with an operator's files, and stand-in tools. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'

/** What operators have there: before, between and after ours, one under a name like ours. */
export const OPERATOR_FILES: Readonly<Record<string, string>> = {
  '00control_plane.rules': '[iptables]\n-A INPUT --in-interface swp+ -p ospf -j ACCEPT\n',
  '40rest-of_the_world.rules': '[iptables]\n-A FORWARD -s 192.0.2.0/24 -j DROP\n',
  '50_nvue.rules': '[ip6tables]\n-A FORWARD -d 2001:db8:9::/48 -j ACCEPT\n',
  '99control_plane_catch_all.rules': '[iptables]\n-A INPUT -p icmp -j ACCEPT\n',
}

export type Control = 'fail-on' | 'quiet' | 'fail' | 'hang' | 'slow'

export class StandInSwitch {
  readonly root = mkdtempSync(join(tmpdir(), 'acl-switch-'))
  readonly policyDirectory = join(this.root, 'policy.d')
  readonly programDirectory = join(this.root, 'bin')
  readonly program = join(this.root, 'bin', 'cl-acltool')

  constructor() {
    for (const folder of ['policy.d', 'bin', 'control']) mkdirSync(join(this.root, folder))
    for (const [name, source] of [
      ['cl-acltool', 'cl-acltool'],
      ['iptables-save', 'iptables-save'],
      ['ip6tables-save', 'iptables-save'],
    ] as const) {
      const from = fileURLToPath(new URL(source, import.meta.url))
      copyFileSync(from, join(this.programDirectory, name))
    }
    for (const [name, text] of Object.entries(OPERATOR_FILES)) {
      writeFileSync(join(this.policyDirectory, name), text)
    }
  }

  /** Sets or (without a text) takes away what the tool shall do. */
  control(name: Control, text?: string): void {
    const path = join(this.root, 'control', name)
    if (text === undefined) rmSync(path, { force: true })
    else writeFileSync(path, text)
  }

  runs(): number {
    return lines(join(this.root, 'control', 'runs')).length
  }

  /** What is installed, operators' rules left out. */
  installed(): readonly string[] {
    const operators = Object.values(OPERATOR_FILES).flatMap(text => {
      const [section, rule] = text.split('\n')
      return [`${section} ${rule}`]
    })
    const box = lines(join(this.root, 'box'))
    for (const rule of operators) {
      if (!box.includes(rule)) throw new Error(`an operator's rule is lost: ${rule}`)
    }
    return box.filter(rule => !operators.includes(rule))
  }

  /** Files of ours by name; throws if an operator's is not as it was. */
  files(): Readonly<Record<string, string>> {
    const all = Object.fromEntries(
      readdirSync(this.policyDirectory).map(name => [
        name,
        readFileSync(join(this.policyDirectory, name), 'utf8'),
      ]),
    )
    for (const [name, text] of Object.entries(OPERATOR_FILES)) {
      if (all[name] !== text) throw new Error(`${name} has changed`)
      delete all[name]
    }
    return all
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** One that ends with the test. */
export function standInSwitch(t: ExecutionContext): StandInSwitch {
  const device = new StandInSwitch()
  t.teardown(() => device.remove())
  return device
}

function lines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter(line => line !== '')
  } catch {
    return []
  }
}
