/** DSCP values and their class names (RFC 2474, RFC 2597, RFC 3246). */

const CLASSES: ReadonlyMap<string, number> = new Map([
  ['BE', 0],
  ['EF', 46],
  ...Array.from({ length: 8 }, (_, cs): [string, number] => [`CS${cs}`, cs * 8]),
  ...[1, 2, 3, 4].flatMap(group =>
    [1, 2, 3].map((drop): [string, number] => [`AF${group}${drop}`, group * 8 + drop * 2]),
  ),
])

/** 0 to 63 from decimal or `0x` hex text. The vendor's "0 to 77" is a slip: the field has six bits. */
export function parseDscp(text: string): number | undefined {
  if (!/^(0x[0-9a-fA-F]{1,2}|0|[1-9]\d?)$/.test(text)) return undefined
  const value = Number(text)
  return value <= 63 ? value : undefined
}

export function dscpOfClass(name: string): number | undefined {
  return CLASSES.get(name)
}
