/**
 * `npm run audit`: are there known faults in what we run on? Asks the registry, so it is no test: it says
 * something else tomorrow. Status 0: none of weight; 1: some, which are listed; 3: nobody could be asked
 * (a mirror without advisories), which is told and is no answer. AUDIT=required makes that a failure.
 */
import { spawnSync } from 'node:child_process'

interface Report {
  readonly metadata?: { readonly vulnerabilities: Readonly<Record<string, number>> }
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly severity: string; readonly range: string }>
  >
  readonly message?: string
}

const WEIGHTY = ['high', 'critical']
const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' })
process.exitCode = judge(read(stdout))

function read(text: string): Report {
  try {
    // The form of npm's report, version 2; what is absent is undefined.
    return JSON.parse(text) as Report
  } catch {
    return { message: 'npm audit said nothing that could be read' }
  }
}

function judge({ metadata, vulnerabilities = {}, message = 'no report' }: Report): number {
  if (metadata === undefined) {
    process.stdout.write(`not audited: ${message.replace(/ - .*/, '')}\n`)
    return process.env.AUDIT === 'required' ? 1 : 3
  }
  const found = Object.entries(vulnerabilities)
  for (const [name, { severity, range }] of found) {
    process.stdout.write(`${severity}: ${name} ${range}\n`)
  }
  const weighty = found.filter(([, { severity }]) => WEIGHTY.includes(severity))
  process.stdout.write(`audited: ${found.length} known, ${weighty.length} of weight\n`)
  return weighty.length > 0 ? 1 : 0
}
