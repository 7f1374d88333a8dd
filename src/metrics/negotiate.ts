/**
 * Which exposition format a client gets: OpenMetrics 1.0 if it asks for it more than for text, else
 * text 0.0.4, which is also the answer to a browser or curl.
 */
export type Format = 'text' | 'openmetrics'

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

const WEIGHT_OTHER = -1

export function negotiate(accept: string): Format {
  let text = WEIGHT_OTHER
  let openmetrics = WEIGHT_OTHER
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map(word => word.trim().toLowerCase())
    const weight = Number(parameters.find(one => one.startsWith('q='))?.slice(2) ?? 1)
    if (!(weight >= 0)) continue
    const version = parameters.find(one => one.startsWith('version='))?.slice(8)
    if (type === 'application/openmetrics-text' && (version === undefined || version === '1.0.0')) {
      openmetrics = Math.max(openmetrics, weight)
    } else if (type === 'text/plain' || type === 'text/*' || type === '*/*') {
      text = Math.max(text, weight)
    }
  }
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'text'
}
