import test from 'ava'
import { DECLARED, declaredFields, readPublished } from './published.ts'

/** Where a declaration knows better than the document, and why. */
const KNOWN_BETTER: Readonly<Record<string, string>> = {
  'counter 0:2000 opaque uuid': 'uuid uuid', // erratum: a fixed array of 16 bytes
  'counter 0:2003 undefined': 'u32 cpu_steal u32 cpu_guest u32 cpu_guest_nice', // added in 2014
  'flow 0:1004 opaque src_user': 'text src_user', // text in every agent
  'flow 0:1004 opaque dst_user': 'text dst_user',
  'flow 0:1013 opaque data': 'rest data', // two layouts, read by hand
  'flow 0:2001 opaque path': 'text path', // "UTF8 encoded string"
}

/** Layouts that agents send under a tag whose document says otherwise. */
const BESIDE_THE_DOCUMENT = new Set(['http_request_old', 'ib_counters_with_data'])

for (const published of readPublished()) {
  const title = `${published.of} ${published.label}`
  test(`${title} ${published.name} has the published fields in the published order`, t => {
    const declared = DECLARED.find(
      one =>
        one.of === published.of &&
        one.label === published.label &&
        !BESIDE_THE_DOCUMENT.has(one.name),
    )
    if (declared === undefined) {
      t.fail('not declared')
      return
    }
    const fields = declaredFields(declared)
    const differences: string[] = []
    const length = Math.max(fields.length, published.fields.length)
    for (let index = 0; index < length; index++) {
      const ours = fields[index]
      const theirs = published.fields[index]
      if (ours === theirs) continue
      const allowed = KNOWN_BETTER[`${title} ${theirs}`]
      if (ours === undefined || !allowed?.includes(ours)) differences.push(`${theirs} → ${ours}`)
    }
    t.deepEqual(differences, [])
    t.true(declared.name.startsWith(published.name), `${declared.name} is called ${published.name}`)
  })
}

test('every declaration is in the table of what is published', t => {
  const published = new Set(readPublished().map(one => `${one.of} ${one.label}`))
  const missing = DECLARED.filter(one => !published.has(`${one.of} ${one.label}`))
  t.deepEqual(
    missing.map(one => one.name),
    [],
  )
})

test('the table names a document for each structure', t => {
  const without = readPublished().filter(one => !/^https?:\/\//.test(one.url))
  t.deepEqual(
    without.map(one => one.name),
    [],
  )
})
