/**
 * Asks one agent by SNMP for sysName, ifName and ifAlias (ifDescr where there is no ifName). Bounded
 * in rows, in bytes of a name and in time, whatever the device answers; never throws, never rejects.
 * The only user of net-snmp, whose faults it keeps to itself.
 */
import { isIPv6 } from 'node:net'
import snmp from 'net-snmp'
import type { AgentNames, SnmpSettings, SnmpTarget, WalkFailure, WalkResult } from './settings.ts'

/** RFC 3418 sysName, RFC 2863 ifName, ifAlias, ifDescr. */
const SYS_NAME = '1.3.6.1.2.1.1.5.0'
const IF_NAME = '1.3.6.1.2.1.31.1.1.1.1'
const IF_ALIAS = '1.3.6.1.2.1.31.1.1.1.18'
const IF_DESCR = '1.3.6.1.2.1.2.2.1.2'
/** Two columns of 20 names are some 3 KiB, which small agents can still answer. */
const REPETITIONS = 20

/** A failure that is none of the library's. */
class WalkError extends Error {
  readonly failure: WalkFailure

  constructor(failure: WalkFailure) {
    super(failure)
    this.failure = failure
  }
}

export async function walk(
  address: string,
  target: SnmpTarget,
  settings: SnmpSettings,
): Promise<WalkResult> {
  let session: snmp.Session | undefined
  let timer: NodeJS.Timeout | undefined
  try {
    session = open(address, target)
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new WalkError('too_slow')), settings.walkTimeoutMs)
      onlyFrom(address, session as snmp.Session, () => reject(new WalkError('malformed')))
    })
    return { names: await Promise.race([late, readNames(session, settings)]) }
  } catch (error) {
    return { failure: failureOf(error) }
  } finally {
    clearTimeout(timer)
    session?.close()
  }
}

function open(address: string, target: SnmpTarget): snmp.Session {
  const options = {
    port: target.port,
    timeout: target.timeoutMs,
    retries: target.retries,
    transport: isIPv6(address) ? 'udp6' : 'udp4',
    idBitsSize: 32,
    // An agent that answers with names in a circle is found out.
    backwardsGetNexts: false,
  } as const
  const { user, community = '' } = target
  if (user === undefined) {
    return snmp.createSession(address, community, { ...options, version: snmp.Version2c })
  }
  const { noAuthNoPriv, authNoPriv, authPriv } = snmp.SecurityLevel
  const level = user.privacy ? authPriv : user.auth ? authNoPriv : noAuthNoPriv
  const identity = {
    name: user.name,
    level,
    ...(user.auth && {
      authProtocol: snmp.AuthProtocols[user.auth.protocol],
      authKey: user.auth.password,
    }),
    ...(user.privacy && {
      privProtocol: snmp.PrivProtocols[user.privacy.protocol],
      privKey: user.privacy.password,
    }),
  }
  return snmp.createV3Session(address, identity, {
    ...options,
    version: snmp.Version3,
    context: target.context,
  })
}

/** What the library holds and its types do not tell. */
interface Inside {
  readonly dgram: NodeJS.EventEmitter
}

/**
 * The library takes datagrams of any sender, and throws on some out of its socket's listener. Here
 * only the agent's own are looked at, and what they do wrong ends this walk alone.
 */
function onlyFrom(address: string, session: snmp.Session, onMalformed: () => void): void {
  session.on('error', onMalformed)
  const { dgram } = session as unknown as Inside
  dgram.removeAllListeners('message')
  dgram.on('message', (bytes: Buffer, sender: { readonly address: string }) => {
    if (sender.address !== address) return
    try {
      session.onMsg(bytes)
    } catch {
      onMalformed()
    }
  })
}

async function readNames(session: snmp.Session, settings: SnmpSettings): Promise<AgentNames> {
  const { nameBytesMax, interfacesMax } = settings
  const systemName = await readSystemName(session, nameBytesMax)
  const read = (columns: readonly string[]) =>
    readColumns(session, columns, interfacesMax, nameBytesMax)
  const found = await read([IF_NAME, IF_ALIAS])
  const [names = new Map<string, string>(), aliases = new Map<string, string>()] = found.columns
  const described = names.size > 0 ? undefined : await read([IF_DESCR])
  const called = described?.columns[0] ?? names
  if (called.size === 0) throw new WalkError('no_names')
  const interfaces: Record<string, { name?: string; alias?: string }> = {}
  for (const [ifIndex, name] of called) interfaces[ifIndex] = { name }
  for (const [ifIndex, alias] of aliases) {
    if (alias !== '') interfaces[ifIndex] = { ...interfaces[ifIndex], alias }
  }
  return { systemName, interfaces, cut: found.cut || described?.cut === true }
}

async function readSystemName(session: snmp.Session, bytesMax: number): Promise<string> {
  const varbinds = await new Promise<snmp.Varbind[]>((resolve, reject) => {
    session.get([SYS_NAME], (error, found) => (error ? reject(error) : resolve(found ?? [])))
  })
  const [first] = varbinds
  return first === undefined || snmp.isVarbindError(first) ? '' : textOf(first.value, bytesMax)
}

/** Columns of a table side by side, text by ifIndex; `cut` if there was more than the maximum. */
async function readColumns(
  session: snmp.Session,
  columns: readonly string[],
  rowsMax: number,
  bytesMax: number,
): Promise<{ readonly columns: readonly ReadonlyMap<string, string>[]; readonly cut: boolean }> {
  const found = columns.map(() => new Map<string, string>())
  let open = columns.map((column, index) => ({ column, index, at: column }))
  let cut = false
  while (open.length > 0) {
    const answers = await getBulk(
      session,
      open.map(({ at }) => at),
    )
    open = open.flatMap((cursor, position) => {
      const rows = found[cursor.index] as Map<string, string>
      let { at } = cursor
      for (const varbind of answers[position] ?? []) {
        const ifIndex = indexIn(cursor.column, varbind)
        if (ifIndex === undefined) return []
        if (rows.size >= rowsMax) {
          cut = true
          return []
        }
        const text = textOf(varbind.value, bytesMax)
        if (text !== '' || cursor.column === IF_ALIAS) rows.set(ifIndex, text)
        at = varbind.oid
      }
      // Nothing new: an answer without rows must not be asked for again.
      return at === cursor.at ? [] : [{ ...cursor, at }]
    })
  }
  return { columns: found, cut }
}

async function getBulk(
  session: snmp.Session,
  oids: readonly string[],
): Promise<readonly (readonly snmp.Varbind[])[]> {
  const answers = await new Promise<(snmp.Varbind | snmp.Varbind[])[]>((resolve, reject) => {
    session.getBulk([...oids], 0, REPETITIONS, (error, found) =>
      error ? reject(error) : resolve(found ?? []),
    )
  })
  return answers.map(answer => (Array.isArray(answer) ? answer : [answer]))
}

/** The ifIndex of a row, undefined if the column has ended. */
function indexIn(column: string, varbind: snmp.Varbind): string | undefined {
  if (snmp.isVarbindError(varbind) || !varbind.oid.startsWith(`${column}.`)) return undefined
  const ifIndex = varbind.oid.slice(column.length + 1)
  return /^\d{1,10}$/.test(ifIndex) ? ifIndex : undefined
}

/** Cut to so many bytes, between characters. */
function textOf(value: snmp.VarbindValue, bytesMax: number): string {
  if (!Buffer.isBuffer(value)) return ''
  const text = new TextDecoder().decode(value.subarray(0, bytesMax), { stream: true })
  // DisplayString is text; what is not must not become a label.
  return text.replaceAll(/\p{Cc}/gu, '').trim()
}

function failureOf(error: unknown): WalkFailure {
  if (error instanceof WalkError) return error.failure
  if ((error as Error).name === 'RequestTimedOutError') return 'timeout'
  if (error instanceof snmp.RequestFailedError) return 'refused'
  if (error instanceof snmp.ResponseInvalidError) {
    const { EAuthFailure, ECouldNotDecrypt } = snmp.ResponseInvalidCode
    return [EAuthFailure, ECouldNotDecrypt].includes(error.code) ? 'refused' : 'malformed'
  }
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? 'unreachable' : 'malformed'
}
