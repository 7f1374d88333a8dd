/**
 * Who makes a network card: tables of the first 24 bits of MAC addresses, as the IEEE publishes them
 * (oui.txt, oui.csv), and in the forms of Wireshark (manuf) and nmap. Longer prefixes are left aside.
 */

/** The registry of the IEEE has some 40,000; a file of more is another file. */
export const MAKERS_MAX = 200_000
const NAME_MAX = 128

const FORMS = [
  // oui.txt: 28-6F-B9   (hex)		Nokia
  /^([0-9A-F]{2})-([0-9A-F]{2})-([0-9A-F]{2})\s+\(hex\)\s+(\S.*)$/i,
  // oui.csv: MA-L,286FB9,"Nokia Shanghai Bell Co., Ltd.",address
  /^MA-L,([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2}),("(?:[^"]|"")*"|[^,]*)/i,
  // manuf: 28:6F:B9	NokiaSha	Nokia Shanghai Bell Co., Ltd.
  /^([0-9A-F]{2}):([0-9A-F]{2}):([0-9A-F]{2})(?::00:00:00\/24)?\s+(\S.*)$/i,
  // nmap-mac-prefixes: 286FB9 Nokia Shanghai Bell
  /^([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})[ \t]+(?!\(base 16\))(\S.*)$/i,
]

/** Six upper-case digits → maker. Throws a RangeError if no line is one of such a table. */
export function parseOui(text: string): ReadonlyMap<string, string> {
  const makers = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const match = FORMS.map(form => form.exec(line)).find(found => found !== null)
    if (!match) continue
    const [, first = '', second = '', third = '', name = ''] = match
    const maker = nameOf(name)
    if (maker !== '') makers.set((first + second + third).toUpperCase(), maker)
    if (makers.size > MAKERS_MAX) throw new RangeError(`more than ${MAKERS_MAX} makers`)
  }
  if (makers.size === 0) {
    throw new RangeError('no line is one of oui.txt, oui.csv, manuf or nmap-mac-prefixes')
  }
  return makers
}

/** Of manuf's two names, the long one; of a quoted one, what the quotes hold. */
function nameOf(text: string): string {
  const quoted = /^"(.*)"$/.exec(text)
  const name =
    quoted === null ? (text.split('\t').at(-1) ?? '') : (quoted[1] ?? '').replaceAll('""', '"')
  return name.trim().slice(0, NAME_MAX)
}
