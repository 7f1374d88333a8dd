/** A whole controller in memory: clock, disk and boxes in the hand of the test. */
import { type AuditLine, AuditTrail } from '../../../../src/acl/controller/audit.ts'
import { Controller } from '../../../../src/acl/controller/controller.ts'
import type { ControllerObserver } from '../../../../src/acl/controller/observer.ts'
import { Store } from '../../../../src/acl/controller/store.ts'
import { controllerSchema } from '../../../../src/config/controller.ts'
import { controllerSettings } from '../../../../src/config/controller-settings.ts'
import { Box } from './box.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryFiles } from './memory-files.ts'

export type Counted = Map<string, number>

export interface Rig {
  readonly clock: ManualClock
  readonly files: () => MemoryFiles
  readonly box: (name: string) => Box
  readonly audit: AuditLine[]
  readonly counted: Counted
  readonly syncs: { wanted: number }
  readonly controller: () => Controller
  /** What is not on the disk is lost; `cutBytes` more of the journal's end did not get there. */
  killAndRestart(options?: { settings?: unknown; cutBytes?: number }): Promise<void>
  start(): void
}

export const ONE_LEAF = {
  agents: [{ name: 'leaf1', endpoint: 'http://127.0.0.1:1', guards: [{ agent: '*' }] }],
  policies: [
    { name: 'mark', action: 'mark', hold: '10s', cool_down: '5s' },
    { name: 'drop', action: 'drop', mode: 'automatic' },
  ],
}

export async function makeRig(section: unknown = ONE_LEAF): Promise<Rig> {
  const clock = new ManualClock()
  let files = new MemoryFiles()
  const boxes = new Map<string, Box>()
  const audit: AuditLine[] = []
  const counted: Counted = new Map()
  const syncs = { wanted: 0 }
  const box = (name: string) => {
    const known = boxes.get(name) ?? new Box(() => clock.now())
    boxes.set(name, known)
    return known
  }
  const make = async (from: unknown): Promise<Controller> => {
    const { store, tables, isDamaged } = await Store.open({ folder: '/state', files })
    return new Controller({
      settings: controllerSettings(controllerSchema.parse(from)),
      clock,
      random: () => 0.5,
      store,
      tables,
      isDamaged,
      audit: new AuditTrail({
        folder: '/state',
        files,
        bytesMax: 1_000_000,
        failed: () => count(counted, 'audit_failed'),
        told: line => audit.push(line),
      }),
      observer: countingObserver(counted),
      makeClient: agent => box(agent.name).client(),
      syncWanted: () => {
        syncs.wanted += 1
      },
    })
  }
  let controller = await make(section)
  return {
    clock,
    files: () => files,
    box,
    audit,
    counted,
    syncs,
    controller: () => controller,
    start: () => controller.start(),
    async killAndRestart({ settings = section, cutBytes = 0 } = {}) {
      const disk = files.copy()
      disk.cutJournal('/state/journal.jsonl', cutBytes)
      // Ends its timers; what it still writes goes to the disk of the dead.
      void controller.close()
      files = disk
      controller = await make(settings)
      controller.start()
      await clock.advance(0)
    },
  }
}

function count(counted: Counted, name: string, by = 1): void {
  counted.set(name, (counted.get(name) ?? 0) + by)
}

function countingObserver(counted: Counted): ControllerObserver {
  return {
    webhook: result => count(counted, `webhook ${result}`),
    alert: (origin, outcome) => count(counted, `alert ${origin} ${outcome}`),
    alertRefused: reason => count(counted, `alert_refused ${reason}`),
    refusal: (policy, reason) => count(counted, `refusal ${policy} ${reason}`),
    phase: (rule, phase) => count(counted, `phase ${rule.policy} ${phase}`),
    ended: (rule, reason) => count(counted, `ended ${rule.policy} ${reason}`),
    stage: stage => count(counted, `stage ${stage}`),
    agentRequest: (agent, kind, outcome) => count(counted, `request ${agent} ${kind} ${outcome}`),
    drift: (agent, kind) => count(counted, `drift ${agent} ${kind}`),
    alertSync: result => count(counted, `sync ${result}`),
    clockJump: () => count(counted, 'clock_jump'),
    storeFailed: () => count(counted, 'store_failed'),
    storeWritten: () => count(counted, 'store_written'),
    auditFailed: () => count(counted, 'audit_failed'),
  }
}

let serial = 0

export interface AlertWords {
  readonly status?: 'firing' | 'resolved'
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly startsAt?: string
  readonly fingerprint?: string
}

/** A UDP reflection on 10.10.100.10, as it comes from Alertmanager. */
export function attack(words: AlertWords = {}) {
  serial += 1
  return {
    status: words.status ?? 'firing',
    labels: {
      alertname: 'UdpReflection',
      acl_action: 'drop',
      agent: '10.0.0.233',
      ifindex: '7',
      ipdestination: '10.10.100.10',
      ipprotocol: '17',
      udpsourceport: '53',
      ...words.labels,
    },
    annotations: { value: '2000000', lower: '1500000', threshold: '1000000', ...words.annotations },
    startsAt: words.startsAt ?? '2026-01-02T03:04:04.500Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus/graph',
    fingerprint: words.fingerprint ?? `f${serial}`,
  }
}

export function webhook(...alerts: readonly unknown[]) {
  return {
    receiver: 'controller',
    status: 'firing',
    version: '4',
    groupKey: '{}:{}',
    truncatedAlerts: 0,
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager',
    alerts,
  }
}

export const DROP_LINE = '-A FORWARD --in-interface swp+ -d 10.10.100.10 -p udp --sport 53 -j DROP'
