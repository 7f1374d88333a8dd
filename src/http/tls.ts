/**
 * TLS of a server, from the web configuration file: which certificate, which versions, and what is
 * asked of a client's certificate. The policy is judged here after the handshake, not by the
 * listener's options, because Node can change a listener's certificates but not its policy.
 */
import { isIP } from 'node:net'
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls'
import { UsageError } from '../usage-error.ts'
import type { TlsConfig } from './web-config.ts'

export interface TlsSettings {
  readonly context: SecureContextOptions
  /** Is a certificate asked for during the handshake? */
  readonly asksForCertificate: boolean
  readonly clientAuthType: TlsConfig['client_auth_type']
  readonly allowedSans: readonly string[]
}

const NODE_VERSIONS = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
} as const
const NODE_CURVES = {
  CurveP256: 'P-256',
  CurveP384: 'P-384',
  CurveP521: 'P-521',
  X25519: 'X25519',
} as const

/**
 * Suites below TLS 1.3 by the names that the exporter-toolkit takes (Go's, which are IANA's), and by
 * OpenSSL's. Node would read every name with `TLS_` as one of TLS 1.3, and then refuse TLS 1.2.
 */
const OPENSSL_SUITES: Readonly<Record<string, string>> = {
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
}

/** As in Go, these are always on where TLS 1.3 is. */
const TLS13_SUITES = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
]

/** `readRelated` reads a file that the configuration names. Throws UsageError. */
export function tlsSettings(
  config: TlsConfig,
  readRelated: (name: string) => string,
): TlsSettings | undefined {
  const either = (inline: string | undefined, file: string | undefined, key: string) => {
    if (inline !== undefined && file !== undefined) {
      throw new UsageError(`tls_server_config: ${key} and ${key}_file exclude each other`)
    }
    return file === undefined ? inline : readRelated(file)
  }
  const cert = either(config.cert, config.cert_file, 'cert')
  const key = either(config.key, config.key_file, 'key')
  const ca = either(config.client_ca, config.client_ca_file, 'client_ca')
  if (cert === undefined && key === undefined && ca === undefined) return undefined
  if (cert === undefined) throw new UsageError('tls_server_config: cert_file is missing')
  if (key === undefined) throw new UsageError('tls_server_config: key_file is missing')
  checkClientAuth(config, ca !== undefined)
  if (NODE_VERSIONS[config.min_version] > NODE_VERSIONS[config.max_version]) {
    throw new UsageError('tls_server_config: min_version is above max_version')
  }
  const context: SecureContextOptions = {
    cert,
    key,
    ...(ca === undefined ? {} : { ca }),
    minVersion: NODE_VERSIONS[config.min_version],
    maxVersion: NODE_VERSIONS[config.max_version],
    honorCipherOrder: config.prefer_server_cipher_suites,
    ...(config.cipher_suites.length ? { ciphers: cipherList(config.cipher_suites) } : {}),
    ...(config.curve_preferences.length
      ? { ecdhCurve: config.curve_preferences.map(curve => NODE_CURVES[curve]).join(':') }
      : {}),
  }
  try {
    createSecureContext(context)
  } catch (error) {
    throw new UsageError(`tls_server_config: ${(error as Error).message}`)
  }
  return {
    context,
    asksForCertificate: config.client_auth_type !== 'NoClientCert',
    clientAuthType: config.client_auth_type,
    allowedSans: config.client_allowed_sans,
  }
}

function cipherList(names: readonly string[]): string {
  const older = names.flatMap(name => {
    if (TLS13_SUITES.includes(name)) return []
    const suite = OPENSSL_SUITES[name] ?? name
    if (suite.startsWith('TLS_')) {
      throw new UsageError(`tls_server_config: unknown cipher suite ${name}`)
    }
    return [suite]
  })
  return [...TLS13_SUITES, ...older].join(':')
}

function checkClientAuth(config: TlsConfig, hasCa: boolean): void {
  const type = config.client_auth_type
  const verifies = type === 'VerifyClientCertIfGiven' || type === 'RequireAndVerifyClientCert'
  if (verifies && !hasCa) {
    throw new UsageError(`tls_server_config: client_auth_type ${type} needs client_ca_file`)
  }
  if (hasCa && type === 'NoClientCert') {
    throw new UsageError('tls_server_config: client_ca_file is of no use without client_auth_type')
  }
  if (config.client_allowed_sans.length && !type.startsWith('Require')) {
    throw new UsageError(
      'tls_server_config: client_allowed_sans needs client_auth_type RequireAndVerifyClientCert',
    )
  }
}

/** May this connection go on, once its handshake is done? */
export function acceptsClient(settings: TlsSettings, socket: TLSSocket): boolean {
  const given = socket.getPeerX509Certificate() !== undefined
  if (!given && settings.clientAuthType.startsWith('Require')) return false
  switch (settings.clientAuthType) {
    case 'NoClientCert':
    case 'RequestClientCert':
      return true
    case 'VerifyClientCertIfGiven':
      return !given || socket.authorized
    case 'RequireAnyClientCert':
      return sanAllowed(settings, socket)
    case 'RequireAndVerifyClientCert':
      return socket.authorized && sanAllowed(settings, socket)
  }
}

/** The name of a client whose certificate was verified against our authority, else undefined. */
export function verifiedClientName(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  const commonName = /(?:^|\n)CN=([^\n]+)/.exec(certificate.subject)?.[1]
  return commonName ?? sansOf(certificate.subjectAltName)[0] ?? certificate.serialNumber
}

function sanAllowed(settings: TlsSettings, socket: TLSSocket): boolean {
  if (settings.allowedSans.length === 0) return true
  const names = sansOf(socket.getPeerX509Certificate()?.subjectAltName)
  return names.some(name => settings.allowedSans.some(allowed => sameSan(name, allowed)))
}

/** `DNS:a.example, IP Address:192.0.2.1` to the names alone. Quoted ones (RFC 8259 strings, as Node
 * prints names that hold a comma) are never allowed: they are read as what they are not. */
function sansOf(text: string | undefined): readonly string[] {
  if (text === undefined || text.includes('"')) return []
  return text.split(', ').map(entry => entry.replace(/^(DNS|IP Address|email|URI):/, ''))
}

function sameSan(name: string, allowed: string): boolean {
  if (isIP(name) === 6 && isIP(allowed) === 6) return canonicalIpv6(name) === canonicalIpv6(allowed)
  return name === allowed
}

function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]/`).hostname
}
