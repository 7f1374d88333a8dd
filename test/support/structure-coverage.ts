/**
 * `npm run coverage:structures`: for each published structure whether it is declared, has a golden
 * datagram, agrees with sflowtool there, and how many metrics it feeds. Exit 1 if any is missing.
 */
import { DECLARED, readPublished } from '../structures/published.ts'
import { readGoldens } from './golden.ts'

const goldens = readGoldens()
const published = readPublished()
let missing = 0

for (const { of, label, name } of published) {
  const structures = DECLARED.filter(one => one.of === of && one.label === label)
  const holding = goldens.filter(golden => holds(golden.json, of, label))
  const agreed = holding.filter(golden => namesMore(golden.sflowtool, of, label))
  const metrics = new Set(
    structures.flatMap(one =>
      [...one.fields, ...(one.group?.fields ?? [])].flatMap(field =>
        field.metrics.map(each => each.name),
      ),
    ),
  )
  if (structures.length === 0 || holding.length === 0) missing += 1
  const columns = [
    of.padEnd(8),
    label.padEnd(8),
    name.padEnd(36),
    structures.length > 0 ? 'declared' : 'MISSING ',
    `${String(holding.length).padStart(3)} golden`,
    agreed.length > 0 ? 'read by sflowtool' : 'published table  ',
    metrics.size > 0 ? `${metrics.size} metrics` : '',
  ]
  console.log(columns.join('  ').trimEnd())
}

const covered = published.length - missing
const share = Math.floor((100 * covered) / published.length)
console.log(
  `${covered} of ${published.length} published structures are declared and have a golden: ${share} %`,
)
if (missing > 0) process.exitCode = 1

function holds(json: string, of: string, label: string): boolean {
  return new RegExp(`"(discarded_)?${of}Block_tag": "${label}"`).test(json)
}

/** Does the reference program say more of the record than its tag? */
function namesMore(json: string, of: string, label: string): boolean {
  return new RegExp(`"(discarded_)?${of}Block_tag":"${label}","`).test(json)
}
