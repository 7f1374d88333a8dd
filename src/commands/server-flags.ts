/** The flags that every server of ours has, in the manner of Prometheus' own. */
import { LOG_LEVELS } from '../log.ts'
import type { Flag } from './command.ts'

export function configFile(help: string): Flag {
  return { name: 'config.file', type: 'string', placeholder: 'FILE', help }
}

/** Where the web server listens, and what its files are: TLS, authentication, the path of the metrics. */
export function webFlags(listenAddress: string, help: string): readonly Flag[] {
  return [
    {
      name: 'web.listen-address',
      type: 'string',
      placeholder: '[ADDR]:PORT',
      default: listenAddress,
      help,
    },
    {
      name: 'web.config.file',
      type: 'string',
      placeholder: 'FILE',
      help: "TLS and authentication, in the exporter-toolkit's format",
    },
    {
      name: 'web.telemetry-path',
      type: 'string',
      placeholder: 'PATH',
      default: '/metrics',
      help: 'path of the metrics',
    },
  ]
}

export function storagePath(help: string): Flag {
  return { name: 'storage.path', type: 'string', placeholder: 'DIR', default: './data', help }
}

export const LOG_LEVEL: Flag = {
  name: 'log.level',
  type: 'string',
  choices: LOG_LEVELS,
  default: 'info',
  help: 'least level logged',
}
