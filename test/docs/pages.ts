/** The pages that people read, and what their fences hold: commands in order, and files for them. */
import { globSync, readFileSync } from 'node:fs'
import { ROOT } from '../prometheus/rule-files.ts'

export type Step =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | { readonly kind: 'command'; readonly text: string }

export const PAGES: readonly string[] = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })]
  .filter(page => !page.startsWith('docs/runbooks/'))
  .sort()

export function pageText(page: string): string {
  return readFileSync(`${ROOT}/${page}`, 'utf8')
}

/** `sh` fences become commands; a `yaml` fence that begins with `# NAME.yaml` becomes a file. */
export function stepsOf(page: string): Step[] {
  const steps: Step[] = []
  for (const [, indent = '', language, body = ''] of pageText(page).matchAll(
    /^( *)```(sh|yaml)\n([\s\S]*?)^ *```$/gm,
  )) {
    const lines = body.split('\n').map(line => line.slice(indent.length))
    const [, name] = /^# (\S+\.yaml)$/.exec(lines[0] ?? '') ?? []
    if (language === 'sh') steps.push(...commandsOf(lines))
    else if (name !== undefined) steps.push({ kind: 'file', name, text: lines.join('\n') })
  }
  return steps
}

/** One a line; a line that sets a variable belongs to the next. */
function commandsOf(lines: readonly string[]): Step[] {
  const steps: Step[] = []
  let before = ''
  for (const line of lines) {
    if (line === '' || line.startsWith('#')) continue
    if (/^[A-Z]+=\S/.test(line)) before += `${line}\n`
    else {
      steps.push({ kind: 'command', text: before + line })
      before = ''
    }
  }
  return steps
}
