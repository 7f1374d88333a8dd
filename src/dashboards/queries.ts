/** Pieces of PromQL that dashboards share. */

/** In place of a window: at least four steps of the panel, so 5 minutes where the step is 75 s. */
export const WINDOW = '$__rate_interval'

/** Steps of panels over polled counters: see `DashboardSpec.step`. */
export const POLLED = '75s'

/** `metric{matchers}`, rate of it, each series once although two bridges may hear its agent. */
export function rateOf(metric: string, matchers: string, by: string): string {
  return `max by (${by}) (rate(${metric}{${matchers}}[${WINDOW}]))`
}

/**
 * Sums over all series of each agent, `by` some of their labels; each agent once although two bridges
 * may hear it. Cheaper than to take each series once: groups are few.
 */
export function totalRateOf(metric: string, matchers: string, by = ''): string {
  const labels = by === '' ? 'agent' : `agent, ${by}`
  const agents = `max by (${labels}) (sum by (job, instance, ${labels}) (rate(${metric}{${matchers}}[${WINDOW}])))`
  return by === '' ? `sum(${agents})` : `sum by (${by}) (${agents})`
}

/** Traffic is read in bits a second (Grafana's unit `bps`), volumes and disks in bytes. */
export function bitsOf(bytes: string): string {
  return `8 * (${bytes})`
}

/** A gauge, each series once although two bridges may hear its agent. */
export function gaugeOf(metric: string, matchers: string, by: string): string {
  return `max by (${by}) (${metric}{${matchers}})`
}

/**
 * The largest `count` at the end of the shown time, and those throughout: `topk` alone picks others
 * at every step and draws many short lines. `at` is put behind each selector of the choice.
 */
export function topOf(count: number, expr: (at: string) => string): string {
  return `${expr('')} and topk(${count}, ${expr(' @ end()')})`
}

/** As `topOf`, of the smallest. */
export function bottomOf(count: number, expr: (at: string) => string): string {
  return `${expr('')} and bottomk(${count}, ${expr(' @ end()')})`
}

/**
 * As `rateOf`, only those that counted most within the shown time: what was large an hour ago stays
 * in the picture, and what never counted is not named beside it. Chosen first, aggregated then: half
 * the work.
 */
export function topRateOf(count: number, metric: string, matchers: string, by: string): string {
  const most = mostOf(count, metric, matchers, by)
  return `max by (${by}) (rate(${metric}{${matchers}}[${WINDOW}]) and on (${by}) ${most})`
}

function mostOf(count: number, metric: string, matchers: string, by: string): string {
  return `topk(${count}, max by (${by}) (increase(${metric}{${matchers}}[$__range] @ end())) > 0)`
}

/** Of sums by `by` those that counted at all in the shown time: all of it, since stacks want no gaps. */
export function countedOf(sums: string, metric: string, matchers: string, by: string): string {
  return `${sums} and on (${by}) sum by (${by}) (increase(${metric}{${matchers}}[$__range] @ end())) > 0`
}

/** A gauge above `floor`, only the series that were highest within the shown time. */
export function peaksOf(
  count: number,
  metric: string,
  matchers: string,
  by: string,
  floor: number,
): string {
  const highest = `max by (${by}) (max_over_time(${metric}{${matchers}}[$__range] @ end()))`
  return `${gaugeOf(metric, matchers, by)} > ${floor} and topk(${count}, ${highest})`
}
