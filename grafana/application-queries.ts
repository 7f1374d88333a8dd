/** What the rows of the dashboard Applications share: queries by application, and the host that each runs on. */
import { countedOf, gaugeOf, rateOf, totalRateOf } from '../src/dashboards/queries.ts'

export const BY = 'agent=~"$agent", source=~"$source"'
export const ONE = 'agent, source'
export const NAMED =
  '* on (agent, source) group_left (application) max by (agent, source, application) (sflow_application_info{agent=~"$agent", source=~"$source"})'
export const rate = (metric: string, matchers = BY, by = ONE) => rateOf(metric, matchers, by)
export const counted = (metric: string, by: string) =>
  countedOf(totalRateOf(metric, BY, by), metric, BY, by)
export const gauge = (metric: string, matchers = BY, by = ONE) => gaugeOf(metric, matchers, by)
/** The host that each agent runs on, where it tells one, else its address: label `host`. */
export const HOSTS =
  '(topk by (agent) (1, max by (agent, host) (sflow_host_info{agent=~"$agent"})) or on (agent) label_replace(max by (agent) (sflow_agent_info{agent=~"$agent"}), "host", "$1", "agent", "(.+)"))'
export const onHost = (expr: string) => `${expr} * on (agent) group_left (host) ${HOSTS}`
export const onJvm = (expr: string) =>
  onHost(
    `(${expr}) * on (agent, source) group_left (jvm) max by (agent, source, jvm) (sflow_jvm_info{${BY}})`,
  )
export const APPLICATION = '{{application}} on {{host}}'
export const JVM = '{{jvm}} on {{host}}'
export const none = (what: string) => `No application of the selection sends ${what}.`
