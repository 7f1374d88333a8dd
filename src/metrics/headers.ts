/** The two comment lines before a family, in either format. */
import type { Format } from './negotiate.ts'

export interface Header {
  readonly name: string
  readonly type: string
  readonly help: string
}

export function headerText({ name, type, help }: Header, format: Format): string {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  if (format === 'text') return `# HELP ${name} ${escaped}\n# TYPE ${name} ${type}\n`
  // OpenMetrics 1.0, "MetricFamily": a counter's family has no _total, its samples do.
  const family = type === 'counter' ? name.replace(/_total$/, '') : name
  const shown = escaped.replaceAll('"', '\\"')
  return `# TYPE ${family} ${type}\n# HELP ${family} ${shown}\n`
}
