/** Links between pages lead to files that are there, and to headings that they have. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import test from 'ava'
import { ROOT } from '../prometheus/rule-files.ts'

const PAGES = globSync(['*.md', 'docs/**/*.md', 'src/**/*.md'], { cwd: ROOT })

function anchorsOf(file: string): Set<string> {
  const text = readFileSync(file, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '')
  return new Set(
    Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

test('every link between pages leads somewhere', t => {
  const broken: string[] = []
  for (const page of PAGES) {
    const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(/`[^`\n]*`/g, '')
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : normalize(join(dirname(page), path))
      const there = existsSync(join(ROOT, file))
      const anchored =
        !there || anchor === undefined || !file.endsWith('.md')
          ? there
          : anchorsOf(join(ROOT, file)).has(anchor)
      if (!anchored) broken.push(`${page}: ${target}`)
    }
  }
  t.deepEqual(broken, [])
})
