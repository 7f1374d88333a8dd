/**
 * Where to send HTTP requests to, and with which credentials; the keys are those that Prometheus and
 * Alertmanager use for their own clients.
 */
import { z } from 'zod'
import { durationText, fileName, httpUrl, secret } from './kinds.ts'

const tlsConfig = z
  .strictObject({
    ca_file: fileName
      .optional()
      .describe('Authorities to believe, PEM, instead of the usual ones.'),
    cert_file: fileName.optional().describe('Our certificate, where the server asks for one.'),
    key_file: fileName.optional().describe('The key of our certificate.'),
    server_name: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe('The name to verify instead of the URL’s.'),
    insecure_skip_verify: z
      .boolean()
      .default(false)
      .describe('Believes any certificate. For laboratories only.'),
  })
  .refine(tls => (tls.cert_file === undefined) === (tls.key_file === undefined), {
    message: 'cert_file and key_file go together',
  })

const endpointObject = z
  .strictObject({
    url: httpUrl.describe('Address of the server, with or without the path of its API.'),
    bearer_token: secret.optional().describe('Sent as `Authorization: Bearer …`.'),
    basic_auth: z
      .strictObject({
        username: z.string().min(1).max(128).describe('The name.'),
        password: secret.describe('The password.'),
      })
      .optional()
      .describe('Sent as `Authorization: Basic …`.'),
    tls_config: tlsConfig.optional().describe('TLS beyond the defaults.'),
    timeout: durationText('100ms', '1m')
      .prefault('5s')
      .describe(
        'How long one request may take. Why 5s: a server that is slower is treated as away.',
      ),
  })
  .refine(endpoint => !(endpoint.bearer_token && endpoint.basic_auth), {
    message: 'bearer_token and basic_auth exclude each other',
  })

/** An endpoint, written as a URL alone or with its credentials. */
export const endpoint = z
  .union([httpUrl, endpointObject])
  .transform(
    (value): Endpoint =>
      typeof value === 'string' ? { url: value, timeout: DEFAULT_TIMEOUT_MS } : value,
  )
  .transform(value => ({ ...value, url: value.url.replace(API_PATH, '') }))

export type Endpoint = z.output<typeof endpointObject>

/** Addresses are copied from where they are used: Alertmanager's, the controller's, an ACL agent's. */
const API_PATH = /\/+(?:api\/v[12]\/alerts|api\/v1\/rules|acl)\/*$/

const DEFAULT_TIMEOUT_MS = 5_000
