/**
 * kill -9 of the running agent at random moments, in the middle of puts, deletes and commits: after
 * each, the agent that starts again brings the device to what is wanted, and no rule of an operator
 * is touched. 10 times here, 200 with ACCEPTANCE=1. For kernels and Open vSwitch: backends/kill.test.ts.
 */
import test from 'ava'
import { destinationsIn, killRuns } from './kill-support.ts'
import { standInSwitch } from './stand-in/switch.ts'

const RUNS = process.env.ACCEPTANCE === '1' ? 200 : 10

test(`${RUNS} kills leave the rules that are wanted, and every operator's rule`, async t => {
  const device = standInSwitch(t)
  device.control('slow', '0.05')
  const { policyDirectory, program, programDirectory } = device
  await killRuns(
    t,
    {
      folder: device.root,
      section: {
        backend: 'cumulus',
        device: {
          policy_directory: policyDirectory,
          cl_acltool: program,
          sbin: programDirectory,
        },
      },
      input: '',
      destinations: () => destinationsIn(device.installed()),
      operator() {
        device.files()
        return 'as it was, else this or installed() throws'
      },
    },
    RUNS,
  )
})
