/**
 * Tells hosts, containers, pods, units, virtual machines and JVMs apart. sFlow has no field for it:
 * what real agents send decides, first match wins, and an operator may override it by name.
 */
import type { EntityKind, Source } from './source.ts'

/** Structure tags that tell: host description, parent, JVM runtime and statistics, network I/O. */
export const HOST_DESCRIPTION = 2000
export const HOST_PARENT = 2002
export const VIRTUAL_NETWORK = 2104
const JVM_RUNTIME = 2105
const JVM_STATISTICS = 2106
const APPLICATION = [2201, 2202, 2203, 2204, 2206]

const CLASS_INTERFACE = 0
const CLASS_PHYSICAL = 2
const UNIT_SUFFIX = /\.(service|scope|slice|mount|socket|swap|timer)$/
/** k8s_CONTAINER_POD_NAMESPACE_u_a; a pod's own record has an empty container. */
const KUBERNETES = /^k8s_([^_]*)_([^_]+)_([^_]+)_/

export interface KindOverride {
  readonly pattern: RegExp
  readonly kind: EntityKind
}

export interface Kubernetes {
  readonly container: string
  readonly pod: string
  readonly namespace: string
}

export function parseKubernetes(hostname: string): Kubernetes | undefined {
  const [, container, pod, namespace] = KUBERNETES.exec(hostname) ?? []
  if (container === undefined || pod === undefined || namespace === undefined) return undefined
  return { container, pod, namespace }
}

export function kindOf(source: Source, overrides: readonly KindOverride[]): EntityKind {
  const { seen, texts } = source
  if (source.sourceClass === CLASS_INTERFACE) return 'interface'
  const hostname = texts.hostname ?? ''
  for (const override of overrides) {
    if (hostname !== '' && override.pattern.test(hostname)) return override.kind
  }
  if (seen.has(JVM_RUNTIME) || seen.has(JVM_STATISTICS)) return 'jvm'
  if (!seen.has(HOST_DESCRIPTION) && APPLICATION.some(tag => seen.has(tag))) return 'application'
  const described = seen.has(HOST_DESCRIPTION) || HOST_NUMBERS.some(tag => seen.has(tag))
  if (!seen.has(HOST_PARENT) && source.sourceClass === CLASS_PHYSICAL) {
    return described ? 'host' : 'source'
  }
  if (!described && !VIRTUAL_NUMBERS.some(tag => seen.has(tag))) return 'source'
  if (hostname.startsWith('k8s__')) return 'pod'
  if (KUBERNETES.test(hostname)) return 'container'
  if (UNIT_SUFFIX.test(hostname) && !seen.has(VIRTUAL_NETWORK)) return 'unit'
  if (!seen.has(HOST_PARENT) && !VIRTUAL_NUMBERS.some(tag => seen.has(tag))) return 'host'
  return (texts.machineType ?? 0) === 0 && (texts.osName ?? 0) === 0 ? 'vm' : 'container'
}

const HOST_NUMBERS = [2003, 2004, 2005, 2006, 2007, 2008, 2009, 2010, 2100]
const VIRTUAL_NUMBERS = [2101, 2102, 2103, 2104]

/** sflow_host.txt, "machine_type". */
export const MACHINE_TYPES = [
  'unknown',
  'other',
  'x86',
  'x86_64',
  'ia64',
  'sparc',
  'alpha',
  'powerpc',
  'm68k',
  'mips',
  'arm',
  'hppa',
  's390',
] as const

/** sflow_host.txt, "os_name". */
export const OS_NAMES = [
  'unknown',
  'other',
  'linux',
  'windows',
  'darwin',
  'hpux',
  'aix',
  'dragonfly',
  'freebsd',
  'netbsd',
  'openbsd',
  'osf',
  'solaris',
  'java',
] as const
