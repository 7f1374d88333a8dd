/**
 * A link that loses a tenth of its packets, in the middle of a fabric where every light is green: nobody counts an
 * error. The shipped alert LinkPacketLoss names the link and its sending end; no other link is accused.
 * Prometheus and rules are as shipped, with a scrape and an evaluation each second. The link is clean for some
 * seconds before; with ACCEPTANCE=1 for five minutes, as long as the window of the rule.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type LinkNet, SWITCHES, sendThroughLinks, startLinkNet } from '../support/link-net.ts'
import { EACH_SECOND, startShippedPrometheus } from '../support/loop-prometheus.ts'
import { part } from '../support/parts.ts'
import { startBridge, temporaryFolder, until } from '../support/processes.ts'

const CLEAN_SECONDS = process.env.ACCEPTANCE === '1' ? 300 : 5
const PACKETS_PER_SECOND = 500
const POLICED_TO = 450
const LOSSY = 'leaf1 - spine'
const SOUND = 'spine - leaf2'

test('a lossy link is named by its alert, and a sound one is not', async t => {
  t.timeout((CLEAN_SECONDS + 240) * 1_000)
  const net = await startLinkNet(t)
  const config = join(temporaryFolder(t), 'fabric.json')
  writeFileSync(config, JSON.stringify({ topology: topologyOf(net) }))
  const namespace = net.namespaces.fabric
  await startBridge(t, [`--config.file=${config}`], {
    namespace,
    listen: '127.0.0.1:6343',
    web: '127.0.0.1:16343',
  })
  await sendThroughLinks(t, net, PACKETS_PER_SECOND)
  await startShippedPrometheus(t, namespace, { 'prometheus.yml': EACH_SECOND })
  const ask = async (path: string): Promise<unknown> => {
    const url = `http://127.0.0.1:9090/api/v1/${path}`
    const text = await net.exec('fabric', part('curl'), '-sfg', url)
    return (JSON.parse(text) as { data: unknown }).data
  }
  const value = async (expression: string): Promise<number | undefined> => {
    const path = `query?query=${encodeURIComponent(expression)}`
    const { result } = (await ask(path)) as { result: readonly { value: [number, string] }[] }
    return result.length === 0 ? undefined : Number(result[0]?.value[1])
  }
  for (const link of [LOSSY, SOUND]) {
    const readings = `count_over_time(link:sflow_packet_loss:ratio5m{link="${link}",end="a"}[10m])`
    await until(async () => ((await value(readings)) ?? 0) >= CLEAN_SECONDS)
  }
  t.is(await value('count(ALERTS{alertname="LinkPacketLoss",alertstate="firing"})'), undefined)

  const lossyMs = Date.now()
  await net.police(POLICED_TO)
  const alert = await until(async () => {
    const { alerts } = (await ask('alerts')) as { alerts: readonly Alert[] }
    return alerts.find(
      ({ state, labels }) => state === 'firing' && labels.alertname === 'LinkPacketLoss',
    )
  }, 500)
  const firingMs = Date.now()
  t.like(alert.labels, { link: LOSSY, end: 'a', severity: 'critical' })
  t.regex(alert.annotations.summary ?? '', /^Link leaf1 - spine loses .*% of what end a sends$/)
  t.true(Number(alert.value) < 0.2, `${alert.value} of the packets`)
  const accused = `count_over_time(ALERTS{alertname="LinkPacketLoss",link="${SOUND}",alertstate="firing"}[1h])`
  t.is(await value(accused), undefined)
  t.is(await value(`max(link:sflow_packet_loss:ratio5m{link="${SOUND}"} > 0.01)`), undefined)
  const errors =
    'sum(rate(sflow_interface_receive_errors_total[5m]) + rate(sflow_interface_receive_discards_total[5m]))'
  t.true([0, undefined].includes(await value(errors)), 'no device counts what is lost')
  const pendingMs = Date.parse(alert.activeAt) - lossyMs
  t.log(
    `after ${CLEAN_SECONDS} s without loss, 10 % are lost: beyond the limit after ${seconds(pendingMs)},`,
  )
  t.log(`alert fires after ${seconds(firingMs - lossyMs)}: "${alert.annotations.summary}"`)
})

interface Alert {
  readonly state: string
  readonly value: string
  readonly activeAt: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

function topologyOf({ ifindexes }: LinkNet) {
  const nodes = Object.fromEntries(
    Object.entries(SWITCHES).map(([name, agent]) => [name, { agent }]),
  )
  const { leaf1up, spine1, spine2, leaf2up } = ifindexes
  return {
    nodes,
    links: {
      [LOSSY]: { node1: 'leaf1', port1: leaf1up, node2: 'spine', port2: spine1 },
      [SOUND]: { node1: 'spine', port1: spine2, node2: 'leaf2', port2: leaf2up },
    },
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
