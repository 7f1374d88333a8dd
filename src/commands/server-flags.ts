/** The flags that every server of ours has, in the manner of Prometheus' own. */
import { join } from 'node:path'
import { parseListenAddress } from '../listen-address.ts'
import { LOG_LEVELS } from '../log.ts'
import type { Command, Flag, FlagValues } from './command.ts'

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

/**
 * Where a server keeps its state: a folder of its own in --storage.path. Several on one machine that were told
 * no path differ by where they listen, so one on another port or address than the usual has that in its name.
 */
export function stateFolder({ name, flags: declared }: Command, flags: FlagValues): string {
  const path = flags.string('storage.path')
  if (flags.given('storage.path')) return join(path, name)
  const usual = declared.find(flag => flag.name === 'web.listen-address')?.default ?? ''
  const { host = '', port } = parseListenAddress(flags.string('web.listen-address'))
  const isUsualHost = /^(127\.0\.0\.1|localhost|0\.0\.0\.0|::1?|)$/.test(host)
  const isUsualPort = port === parseListenAddress(String(usual)).port
  const parts = [name, isUsualHost ? '' : host.replaceAll(/[^\w.]/g, '_'), isUsualPort ? '' : port]
  return join(path, parts.filter(part => part !== '').join('-'))
}

export const LOG_LEVEL: Flag = {
  name: 'log.level',
  type: 'string',
  choices: LOG_LEVELS,
  default: 'info',
  help: 'least level logged',
}
