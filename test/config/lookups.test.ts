/** The section `lookups`: files that are good are opened once, bad ones are one fault with a line. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { parseConfig } from '../../src/config/load.ts'
import { formatFault } from '../../src/config/source.ts'
import { Lookups } from '../../src/flows/functions/lookups.ts'
import { parseOui } from '../../src/flows/functions/oui.ts'
import { addressDatabase, bits4 } from '../flows/functions-kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'lookups-'))
const COUNTRY = addressDatabase(
  [[bits4('10.9.0.0', 16), { country: { iso_code: 'CH', names: { en: 'Switzerland' } } }]],
  24,
)
writeFileSync(join(folder, 'country.mmdb'), COUNTRY)
writeFileSync(join(folder, 'cut.mmdb'), COUNTRY.subarray(0, COUNTRY.length - 40))
writeFileSync(join(folder, 'oui.txt'), '28-6F-B9   (hex)\t\tNokia\n')
writeFileSync(join(folder, 'prose.txt'), 'This is no table.\n')

function loaded(lines: readonly string[]) {
  const result = parseConfig(`${lines.join('\n')}\n`, join(folder, 'c.yaml'), {})
  return 'faults' in result
    ? { faults: result.faults.map(fault => formatFault(fault).replace(`${folder}/`, '')) }
    : { files: result.config.lookupFiles, faults: [] }
}

const FLOW = ['flows:', '  - {name: places, keys: "country:ipsource"}']

test('a database that is named makes its function known', t => {
  const { files, faults } = loaded(['lookups: {country: country.mmdb, oui: oui.txt}', ...FLOW])
  t.deepEqual(faults, [])
  const lookups = new Lookups()
  lookups.take(files ?? {})
  t.is(lookups.oui?.get('286FB9'), 'Nokia')
  const { revision } = lookups
  lookups.take(files ?? {})
  t.is(lookups.revision, revision, 'the same files are not opened anew')
  lookups.take({})
  t.is(lookups.country, undefined)
})

const FAULTS: Readonly<Record<string, readonly [readonly string[], string]>> = {
  'a function without its database': [
    FLOW,
    'c.yaml:2:26: flows[0].keys: needs a database: lookups.country',
  ],
  'makers by name without their table': [
    ['flows:', '  - {name: makers, keys: "oui:macsource:name"}'],
    'c.yaml:2:41: flows[0].keys: needs a table of makers: lookups.oui',
  ],
  'a file that is not there': [
    ['lookups: {country: none.mmdb}', ...FLOW],
    'c.yaml:1:20: lookups.country: cannot read none.mmdb (ENOENT)',
  ],
  'a folder': [['lookups: {asn: .}'], 'c.yaml:1:16: lookups.asn: cannot read . (EISDIR)'],
  'a database that is cut short': [
    ['lookups: {country: cut.mmdb}'],
    'c.yaml:1:20: lookups.country: cut.mmdb: is no database in the MaxMind format',
  ],
  'a text that is no database': [
    ['lookups: {country: prose.txt}'],
    'c.yaml:1:20: lookups.country: prose.txt: is no database in the MaxMind format',
  ],
  'a text that is no table of makers': [
    ['lookups: {oui: prose.txt}'],
    'c.yaml:1:16: lookups.oui: prose.txt: no line is one of oui.txt, oui.csv, manuf or nmap-mac-prefixes',
  ],
  'a name server that is none': [
    ['lookups: {dns: {servers: [ns.example]}}'],
    'c.yaml:1:27: lookups.dns.servers[0]: expected a name server such as 192.0.2.53, 127.0.0.1:5353 or [2001:db8::53]:53',
  ],
}

for (const [what, [lines, fault]] of Object.entries(FAULTS)) {
  test(`${what} is one fault with its line`, t => {
    t.deepEqual(loaded(lines).faults, [fault])
  })
}

const TABLES: Readonly<Record<string, string>> = {
  'oui.txt of the IEEE':
    'OUI/MA-L  Organization\r\n\r\n28-6F-B9   (hex)\t\tNokia Shanghai Bell Co., Ltd.\r\n286FB9     (base 16)\t\tNokia Shanghai Bell Co., Ltd.\r\n\t\t\t\tNo.388 Ning Qiao Road\r\n',
  'oui.csv of the IEEE':
    'Registry,Assignment,Organization Name,Organization Address\r\nMA-L,286FB9,"Nokia Shanghai Bell Co., Ltd.","No.388 Ning Qiao Road, Shanghai"\r\n',
  'manuf of Wireshark':
    '# comment\n28:6F:B9\tNokiaShangha\tNokia Shanghai Bell Co., Ltd.\n00:1B:C5:00:00:00/36\tConverging\tConverging Systems Inc.\n',
  'nmap-mac-prefixes': '# comment\n286FB9 Nokia Shanghai Bell Co., Ltd.\n',
}

for (const [form, text] of Object.entries(TABLES)) {
  test(`${form} is read`, t => {
    t.deepEqual([...parseOui(text)], [['286FB9', 'Nokia Shanghai Bell Co., Ltd.']])
  })
}
