/**
 * How the last reload went, of the controller and the ACL agent: under the name that all our servers
 * share, so that one alert watches all of them, and under the server's own.
 */
import { Gauge, type Registry } from 'prom-client'

const SHARED = 'sflow_bridge_config_last_reload_successful'

/** Returns what is to be told of each reload. It begins as successful: the program has started. */
export function reloadMetric(registry: Registry, own: string): (successful: boolean) => void {
  const gauges = [SHARED, own].map(
    name =>
      new Gauge({
        name,
        help: '1 if the configuration file was taken the last time it was read, else 0.',
        registers: [registry],
      }),
  )
  const tell = (successful: boolean) => {
    for (const gauge of gauges) gauge.set(successful ? 1 : 0)
  }
  tell(true)
  return tell
}
