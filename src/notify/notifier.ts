/** All receivers of alerts: each event goes to each of them, and what became of it is told as metrics. */
import type { ThresholdEvent } from '../flows/events.ts'
import { labelText } from '../state/text.ts'
import type { Receiver } from './receiver.ts'

export interface NotifyFamily {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly lines: readonly { readonly labels: string; readonly value: number }[]
}

export class Notifier {
  readonly #receivers: readonly Receiver[]

  constructor(receivers: readonly Receiver[]) {
    this.#receivers = receivers
  }

  take(event: ThresholdEvent): void {
    for (const receiver of this.#receivers) receiver.take(event)
  }

  async close(): Promise<void> {
    await Promise.all(this.#receivers.map(receiver => receiver.close()))
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
