/** The backend that the section `acl_agent` names, with its programs and folders. */
import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { basename, delimiter, isAbsolute, join } from 'node:path'
import type { Backend } from '../acl/backends/backend.ts'
import { commitGuard } from '../acl/backends/commit-guard.ts'
import { cumulusBackend } from '../acl/backends/cumulus.ts'
import { dryRunBackend } from '../acl/backends/dry-run.ts'
import { iptablesBackend } from '../acl/backends/iptables.ts'
import { nftablesBackend } from '../acl/backends/nftables.ts'
import { openvswitchBackend } from '../acl/backends/openvswitch.ts'
import { runProgram as run } from '../acl/backends/run-program.ts'
import { type AclAgentSection, CL_ACLTOOL } from '../config/acl-agent.ts'
import { holdAlone } from './alone.ts'

/** Nobody else may put rules there: the first commit of a second agent would take ours away. */
export async function holdDevice({ backend, device }: AclAgentSection): Promise<void> {
  if (backend === 'dry-run') return
  const where = {
    cumulus: device.policy_directory,
    iptables: device.sbin,
    nftables: device.sbin,
    openvswitch: device.bridge.replace(/^unix:/, ''),
  }[backend]
  const path = await realpath(where).catch(() => where)
  await holdAlone(`the device of --backend=${backend},`, path)
}

/** `folder` is the agent's own: there it is noted which tool is committing. */
export function makeBackend(section: AclAgentSection, folder: string): Backend {
  const { device } = section
  const timeoutMs = section.commit.timeout
  const guard = commitGuard(join(folder, 'commit.pid'))
  switch (section.backend) {
    case 'cumulus':
      return cumulusBackend({
        run,
        guard,
        policyDirectory: device.policy_directory,
        prefixDrop: device.prefix_drop,
        prefixMark: device.prefix_mark,
        program: clAcltool(device.cl_acltool, process.env.PATH),
        programDirectory: device.sbin,
        timeoutMs,
        profile: device.profile,
      })
    case 'iptables':
      return iptablesBackend({ run, guard, programDirectory: device.sbin, timeoutMs })
    case 'nftables':
      return nftablesBackend({ run, guard, program: join(device.sbin, 'nft'), timeoutMs })
    case 'openvswitch':
      return openvswitchBackend({
        run,
        guard,
        program: device.ovs_ofctl,
        bridge: device.bridge,
        meterBase: device.meter_base,
        timeoutMs,
      })
    case 'dry-run':
      return dryRunBackend()
  }
}

/** A name that stands in the configuration is meant; PATH differs between releases of Cumulus Linux. */
export function clAcltool(configured: string, path = ''): string {
  if (configured !== CL_ACLTOOL || existsSync(configured)) return configured
  const places = path.split(delimiter).filter(isAbsolute)
  return (
    places.map(place => join(place, basename(configured))).find(file => existsSync(file)) ??
    configured
  )
}
