/**
 * Golden files of the loop, `test/alerts/*.txt`: why, the configuration, then steps in order. A step
 * `== webhook AT SECONDS` posts a body; `== rules AT SECONDS` is what is on the boxes then, one
 * line a rule. With UPDATE_GOLDEN=1 the rules are written anew: read the difference.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { makeRig } from './rig.ts'

const FOLDER = fileURLToPath(new URL('../../../alerts/', import.meta.url))

interface Section {
  readonly head: string
  readonly body: string
}

export function goldenFiles(): readonly string[] {
  return readdirSync(FOLDER)
    .filter(name => name.endsWith('.txt'))
    .sort()
}

/** Runs one file; gives its text as it should be, beside its text as it is. */
export async function runGolden(name: string): Promise<{ why: string; is: string; was: string }> {
  const was = readFileSync(`${FOLDER}${name}`, 'utf8')
  const sections = readSections(was)
  const settings = parse(sectionOf(sections, 'configuration')) as {
    agents: readonly { name: string }[]
  }
  const rig = await makeRig(settings)
  const boxNames = settings.agents.map(agent => agent.name)
  rig.start()
  await rig.clock.advance(0)
  const startMs = rig.clock.now()
  const done: Section[] = []
  for (const section of sections) {
    const [, kind, seconds] = /^(webhook|rules|kill|hits) at (\d+) s/.exec(section.head) ?? []
    if (seconds !== undefined) {
      await rig.clock.advance(Math.max(0, startMs + Number(seconds) * 1_000 - rig.clock.now()))
    }
    if (kind === 'webhook') await rig.controller().takeWebhook(JSON.parse(section.body))
    if (kind === 'kill') await rig.killAndRestart()
    if (kind === 'hits') addHits(rig, boxNames, Number(section.body))
    await rig.clock.advance(0)
    const body = kind === 'rules' ? printRules(rig, boxNames) : section.body
    done.push({ head: section.head, body })
  }
  const is = done.map(({ head, body }) => `== ${head}\n${body.trim()}\n`).join('\n')
  if (process.env.UPDATE_GOLDEN === '1' && is !== was) writeFileSync(`${FOLDER}${name}`, is)
  return { why: sectionOf(sections, 'why').trim(), is, was }
}

type Rig = Awaited<ReturnType<typeof makeRig>>

function printRules(rig: Rig, boxNames: readonly string[]): string {
  const lines = boxNames.flatMap(box => rig.box(box).lines.map(line => `${box}: ${line}`))
  const refusals = rig.controller().refusals.map(one => `refused: ${one.policy} ${one.reason}`)
  const waiting = [...rig.controller().rules.values()]
    .filter(rule => rule.phase === 'pending' || rule.phase === 'observed')
    .map(rule => `${rule.phase}: ${rule.policy} on ${rule.aclAgent}`)
  const all = [...lines, ...waiting.sort(), ...refusals.sort()]
  return all.length === 0 ? 'none' : all.join('\n')
}

function addHits(rig: Rig, boxNames: readonly string[], bytes: number): void {
  for (const box of boxNames) {
    const { hits } = rig.box(box)
    for (const [name, known] of hits) {
      hits.set(name, {
        packets: known.packets + Math.ceil(bytes / 500),
        bytes: known.bytes + bytes,
      })
    }
  }
}

function readSections(text: string): readonly Section[] {
  return text
    .split(/^== /m)
    .filter(part => part.trim() !== '')
    .map(part => {
      const end = part.indexOf('\n')
      return { head: part.slice(0, end).trim(), body: part.slice(end + 1) }
    })
}

function sectionOf(sections: readonly Section[], head: string): string {
  const section = sections.find(one => one.head === head)
  if (section === undefined) throw new Error(`the section "${head}" is missing`)
  return section.body
}
