/** The shipped dashboards, in the order of the menu. */
import type { DashboardSpec } from '../src/dashboards/spec.ts'
import { applications } from './applications.ts'
import { attacks } from './attacks.ts'
import { bridge } from './bridge.ts'
import { containers } from './containers.ts'
import { drops } from './drops.ts'
import { flows } from './flows.ts'
import { health } from './health.ts'
import { hosts } from './hosts.ts'
import { interfaces } from './interfaces.ts'
import { overview } from './overview.ts'

export const DASHBOARDS: readonly DashboardSpec[] = [
  overview,
  interfaces,
  hosts,
  containers,
  flows,
  drops,
  attacks,
  applications,
  health,
  bridge,
]
