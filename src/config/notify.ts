/** Section `notify`: who is told of events within milliseconds, besides what Prometheus alerts on. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'

const RECEIVERS_MAX = 16

const endpoints = z
  .union([endpoint.transform(one => [one]), z.array(endpoint).max(RECEIVERS_MAX)])
  .prefault([])

export const notifySchema = z.strictObject({
  alertmanager: endpoints.describe(
    'Alertmanagers: a URL, or `url` with credentials, or a list of them. Events go to /api/v2/alerts of all.',
  ),
  controller: endpoints.describe(
    'ACL controllers, written likewise. Events go to /api/v1/alerts as webhook version 4.',
  ),
})
