/** Which cl-acltool is run. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { clAcltool } from '../../src/commands/acl-agent-backend.ts'
import { CL_ACLTOOL } from '../../src/config/acl-agent.ts'
import { temporaryFolder } from '../support/processes.ts'

test('where Cumulus Linux has none, the one on PATH is taken', t => {
  const folder = temporaryFolder(t)
  const tool = join(folder, 'cl-acltool')
  t.is(clAcltool(CL_ACLTOOL, `/usr/bin:${folder}`), CL_ACLTOOL, 'there is none')
  writeFileSync(tool, '')
  t.is(clAcltool(CL_ACLTOOL, `/usr/bin:${folder}`), tool)
  t.is(clAcltool(CL_ACLTOOL, '.:relative'), CL_ACLTOOL, 'only absolute folders')
  t.is(clAcltool(CL_ACLTOOL), CL_ACLTOOL)
})

test('one that the configuration names is taken as it is', t => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'cl-acltool'), '')
  t.is(clAcltool('/opt/cl-acltool', folder), '/opt/cl-acltool')
})
