/** All receivers of alerts: each event goes to each of them, and what became of it is told as metrics. */
import type { ThresholdEvent } from '../flows/events.ts'
import { labelText } from '../state/text.ts'
import { alertOf } from './alert.ts'
import { NOTIFY_LIMITS, type Receiver } from './receiver.ts'

export interface NotifyFamily {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly lines: readonly { readonly labels: string; readonly value: number }[]
}

const FIRING_MAX = NOTIFY_LIMITS.alertsMax

/** A receiver as the configuration wants it; two with the same text are the same. */
export interface WantedReceiver {
  readonly text: string
  make(): Receiver
}

export class Notifier {
  #members: readonly { readonly text: string; readonly receiver: Receiver }[] = []
  /** What fires, as it was last told: for receivers that come later. Bounded like a receiver's own. */
  readonly #firing = new Map<string, ThresholdEvent>()
  readonly #leaving = new Set<Promise<void>>()

  get #receivers(): readonly Receiver[] {
    return this.#members.map(({ receiver }) => receiver)
  }

  /** Receivers that are wanted as before stay, with all they know; others end, new ones begin. */
  configure(wanted: readonly WantedReceiver[]): void {
    const left = [...this.#members]
    this.#members = wanted.map(({ text, make }) => {
      const at = left.findIndex(member => member.text === text)
      const [kept] = at < 0 ? [] : left.splice(at, 1)
      if (kept !== undefined) return kept
      const receiver = make()
      for (const event of this.#firing.values()) receiver.take(event)
      return { text, receiver }
    })
    for (const { receiver } of left) {
      const closed = receiver.close().finally(() => this.#leaving.delete(closed))
      this.#leaving.add(closed)
    }
  }

  take(event: ThresholdEvent): void {
    const { fingerprint } = alertOf(event)
    if (event.status === 'resolved') this.#firing.delete(fingerprint)
    else if (this.#firing.has(fingerprint) || this.#firing.size < FIRING_MAX) {
      this.#firing.set(fingerprint, event)
    }
    for (const receiver of this.#receivers) receiver.take(event)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#receivers.map(receiver => receiver.close()), ...this.#leaving])
  }

  families(): NotifyFamily[] {
    return FAMILIES.map(({ name, type, help, value }) => ({
      name,
      type,
      help,
      lines: this.#receivers.map(receiver => ({
        labels: labelText({ receiver: receiver.name, url: receiver.url }),
        value: value(receiver),
      })),
    }))
  }
}

const FAMILIES: readonly (Omit<NotifyFamily, 'lines'> & {
  readonly value: (receiver: Receiver) => number
})[] = [
  {
    name: 'sflow_bridge_notifications_sent_total',
    type: 'counter',
    help: 'Alerts that the receiver took, repetitions included.',
    value: receiver => receiver.sent,
  },
  {
    name: 'sflow_bridge_notifications_failed_total',
    type: 'counter',
    help: 'Requests that failed and were or will be tried again.',
    value: receiver => receiver.failures,
  },
  {
    name: 'sflow_bridge_notifications_rejected_total',
    type: 'counter',
    help: 'Alerts that the receiver would not take; they are given up in that state.',
    value: receiver => receiver.rejected,
  },
  {
    name: 'sflow_bridge_notifications_refused_total',
    type: 'counter',
    help: 'Alerts that were not sent, since too many were remembered.',
    value: receiver => receiver.refused,
  },
  {
    name: 'sflow_bridge_notifications_pending',
    type: 'gauge',
    help: 'Alerts that wait to be sent.',
    value: receiver => receiver.pending,
  },
]
