/**
 * The route to the controller in a real Alertmanager, as shipped but for the receiver's address: a first alert, its
 * end and its return come one by one, and how long each takes is told. `group_interval` is what makes the last two.
 */
import test from 'ava'
import { percentileText } from '../closed-loop/times.ts'
import { postAlerts, shippedAlertmanager, webhook } from '../support/alertmanager.ts'

const ALERTS = 5
const STEPS = ['firing', 'resolved', 'firing'] as const

test('an alert, its end and its return reach the controller, each as a group of its own', async t => {
  t.timeout(120_000)
  const waiting = new Map<string, (atMs: number) => void>()
  const hook = await webhook(t, alerts => {
    t.is(alerts.length, 1)
    for (const { status, labels } of alerts) {
      waiting.get(`${labels.number} ${status}`)?.(performance.now())
    }
  })
  const url = await shippedAlertmanager(t, [['http://localhost:16344/api/v1/alerts', hook]])
  const seconds: number[][] = STEPS.map(() => [])
  await Promise.all(
    Array.from({ length: ALERTS }, async (_, number) => {
      for (const [step, status] of STEPS.entries()) {
        const told = new Promise<number>(resolve => waiting.set(`${number} ${status}`, resolve))
        const sentMs = performance.now()
        await post(url, number, status)
        seconds[step]?.push(((await told) - sentMs) / 1_000)
      }
    }),
  )
  for (const [step, list] of seconds.entries()) {
    t.is(list.length, ALERTS)
    t.log(`${['first alert', 'its end', 'its return'][step]}: ${percentileText(list)}`)
  }
})

async function post(url: string, number: number, status: 'firing' | 'resolved'): Promise<void> {
  const now = new Date()
  const alert = {
    labels: { alertname: 'UdpReflection', acl_action: 'drop', number: `${number}` },
    startsAt: new Date(now.getTime() - 1_000).toISOString(),
    ...(status === 'resolved' ? { endsAt: now.toISOString() } : {}),
  }
  await postAlerts(url, [alert])
}
