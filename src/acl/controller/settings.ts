/** What the controller is told to be: the configuration, resolved. Durations are milliseconds. */
import type { Prefix } from '../rule/prefix.ts'
import type { AlertBookLimits } from './alert-book.ts'
import type { AskedOrigin } from './alerts-api.ts'
import type { BackOffLimits } from './back-off.ts'
import type { PlacedAgent } from './placement.ts'
import type { Caps, Policy } from './policy.ts'

export interface AgentSettings extends PlacedAgent {
  readonly kind: 'sflow-bridge' | 'legacy'
  readonly endpoint: EndpointSettings
  /** Where rules go on a legacy agent: `forward` for routers and Cumulus 3, `ingress` for 5. */
  readonly rulePlacement: 'forward' | 'ingress'
  readonly settleMs: number
  /** Is the traffic that it guards sampled before its filter or behind it? */
  readonly sampler: 'before' | 'behind'
}

export interface EndpointSettings {
  readonly url: string
  readonly bearer_token?: string | undefined
  readonly basic_auth?: { readonly username: string; readonly password: string } | undefined
  readonly tls_config?: TlsClientSettings | undefined
  readonly timeout: number
}

export interface TlsClientSettings {
  readonly ca_file?: string | undefined
  readonly cert_file?: string | undefined
  readonly key_file?: string | undefined
  readonly server_name?: string | undefined
  readonly insecure_skip_verify: boolean
}

export interface ControllerSettings {
  readonly namePrefix: string
  readonly agents: readonly AgentSettings[]
  readonly policies: readonly Policy[]
  readonly protectedPrefixes: readonly Prefix[]
  readonly caps: Caps
  readonly alerts: AlertBookLimits
  readonly reconcileMs: number
  readonly refusedRetryMs: number
  readonly requestsMax: number
  readonly backOff: BackOffLimits
  readonly effect: { readonly withinMs: number; readonly pollMs: number }
  /** Ended rules that are remembered and listed. */
  readonly history: { readonly rulesMax: number; readonly ageMs: number }
  /** Whose alerts are asked for, and where. */
  readonly askedSenders: Readonly<Partial<Record<AskedOrigin, EndpointSettings>>>
  readonly askedSendersEveryMs: number
}
