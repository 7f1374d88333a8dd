/**
 * Inhibition in a real Alertmanager, by the shipped rules: which alert keeps which quiet, which it leaves alone, and
 * that what asks for a rule on a switch is never kept from the controller. What is kept quiet keeps others quiet all the
 * same: InterfaceErrors behind InterfaceDown behind InterfaceFlapping.
 */
import test from 'ava'
import { postAlerts, shippedAlertmanager, type Told, webhook } from '../support/alertmanager.ts'
import { until } from '../support/processes.ts'
import { RULE_FILES, rulesOf } from './rule-files.ts'

type Labels = Readonly<Record<string, string>>

const PORT = { agent: '10.0.0.1', ifindex: '3', ifname: 'swp3' }
const OTHER_PORT = { agent: '10.0.0.1', ifindex: '4', ifname: 'swp4' }
const OTHER_AGENT = { agent: '10.0.0.2', ifindex: '3', ifname: 'swp3' }
const SERIES = { instance: 'b1:16343', job: 'sflow-bridge', table: 'interfaces' }

interface Case {
  readonly source: Labels
  readonly quiet: readonly Labels[]
  readonly heard: readonly Labels[]
}

const alert = (alertname: string, labels: Labels = {}): Labels => ({ alertname, ...labels })

const CASES: readonly Case[] = [
  {
    source: alert('BridgeDown', { instance: 'b1:16343' }),
    quiet: ['AgentSilent', 'ContainerVanished', 'AgentDatagramsLost'].map(name =>
      alert(name, PORT),
    ),
    heard: [alert('LinkPacketLoss'), alert('HostDiskFull', { agent: '10.0.0.2' })],
  },
  {
    source: alert('BridgeMissing'),
    quiet: [alert('AgentSilent', { agent: '10.0.0.9' })],
    heard: [alert('LinkPacketLoss')],
  },
  {
    source: alert('AgentSilent', { agent: '10.0.0.1' }),
    quiet: [
      'InterfaceDown',
      'InterfaceFlapping',
      'HostCpuSaturated',
      'ContainerVanished',
      'VmDiskFull',
    ].map(name => alert(name, PORT)),
    heard: [alert('InterfaceDown', OTHER_AGENT), alert('UdpReflection', { agent: '10.0.0.1' })],
  },
  {
    source: alert('InterfaceFlapping', PORT),
    quiet: [alert('InterfaceDown', PORT)],
    heard: [alert('InterfaceDown', OTHER_PORT), alert('InterfaceFlapping', OTHER_AGENT)],
  },
  {
    source: alert('InterfaceDown', PORT),
    quiet: ['InterfaceErrors', 'InterfaceDiscards', 'InterfaceSaturated'].map(n => alert(n, PORT)),
    heard: [alert('InterfaceErrors', OTHER_PORT), alert('InterfaceErrors', OTHER_AGENT)],
  },
  {
    source: alert('InterfaceSaturated', { ...PORT, direction: 'transmit' }),
    quiet: [alert('InterfaceDiscards', { ...PORT, direction: 'transmit' })],
    heard: [alert('InterfaceDiscards', { ...PORT, direction: 'receive' })],
  },
  {
    source: alert('BridgeSeriesRefused', SERIES),
    quiet: [alert('BridgeSeriesNearLimit', SERIES)],
    heard: [alert('BridgeSeriesNearLimit', { ...SERIES, table: 'hosts' })],
  },
]

/** No waits, and a webhook instead of the people. */
const changes = (people: string, controller: string) =>
  [
    ['http://localhost:16344/api/v1/alerts', controller],
    ['- name: people', `- name: people\n    webhook_configs: [{url: '${people}'}]`],
    ['group_wait: 30s', 'group_wait: 0s'],
    ['group_wait: 10s', 'group_wait: 0s'],
    ['group_interval: 5m', 'group_interval: 1s'],
  ] as const

for (const { source, quiet, heard } of CASES) {
  test(`${source.alertname} keeps ${quiet.map(one => one.alertname).join(', ')} quiet, and no other`, async t => {
    t.timeout(60_000)
    const told: Labels[] = []
    const take = (alerts: readonly Told[]) => told.push(...alerts.map(one => one.labels))
    const people = await webhook(t, take)
    const asked: Labels[] = []
    const controller = await webhook(t, alerts => asked.push(...alerts.map(one => one.labels)))
    const url = await shippedAlertmanager(t, changes(people, controller))
    const shipped = rulesOf(RULE_FILES).map(rule => rule.alert)
    for (const { alertname } of [source, ...quiet, ...heard]) t.true(shipped.includes(alertname))
    const send = async (alerts: readonly Labels[]) => {
      await postAlerts(
        url,
        alerts.map(labels => ({ labels: { severity: 'warning', ...labels } })),
      )
      return inhibitedBy(url)
    }
    const isTold = (one: Labels) =>
      told.some(labels => Object.entries(one).every(([name, value]) => labels[name] === value))

    await send([source])
    await until(async () => isTold(source))
    // The same with an action is for the controller, whatever else fires.
    const withAction = quiet.map((labels): Labels => ({ ...labels, acl_action: 'drop' }))
    const inhibited = await send([...quiet, ...withAction])
    for (const labels of quiet) t.true(inhibited(labels), `${labels.alertname} is inhibited`)
    for (const labels of withAction)
      t.false(inhibited(labels), `${labels.alertname} with an action`)
    const after = await send(heard)
    for (const labels of heard) t.false(after(labels), `${labels.alertname} is not inhibited`)
    await until(async () => heard.every(isTold) && withAction.every(isTold))
    await until(async () => asked.length >= withAction.length)
    const quietTold = told.filter(
      labels => labels.acl_action === undefined && quiet.some(one => same(one, labels)),
    )
    t.deepEqual(quietTold, [], 'people hear nothing of what is inhibited')
  })
}

function same(a: Labels, b: Labels): boolean {
  return Object.entries(a).every(([name, value]) => b[name] === value)
}

/** By what Alertmanager itself says of each alert that it holds. */
async function inhibitedBy(url: string): Promise<(labels: Labels) => boolean> {
  const alerts = (await (await fetch(`${url}/api/v2/alerts`)).json()) as readonly {
    readonly labels: Labels
    readonly status: { readonly inhibitedBy: readonly string[] }
  }[]
  return labels => {
    const { severity: _, ...wanted } = labels
    const found = alerts.find(
      one => same(wanted, one.labels) && one.labels.acl_action === wanted.acl_action,
    )
    if (found === undefined) throw new Error(`Alertmanager has no ${JSON.stringify(labels)}`)
    return found.status.inhibitedBy.length > 0
  }
}
