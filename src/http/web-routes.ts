/** The live page: files of `src/web`, read once at the start, from a closed list of names. */
import { readFileSync } from 'node:fs'
import type Router from '@koa/router'

export interface PageLink {
  readonly path: string
  readonly text: string
}

const FILES = [
  'live.css',
  'live.js',
  'columns.js',
  'format.js',
  'rows.js',
  'sparkline.js',
  'table.js',
] as const

export function webRoutes(router: Router, links: readonly PageLink[]): void {
  const page = readWebFile('index.html')
  router.get('/', ctx => {
    ctx.type = 'html'
    ctx.body = page
  })
  for (const name of FILES) {
    const text = readWebFile(name)
    router.get(`/web/${name}`, ctx => {
      ctx.type = name.endsWith('.css') ? 'css' : 'text/javascript'
      ctx.body = text
    })
  }
  router.get('/web/links.json', ctx => {
    ctx.body = links
  })
}

function readWebFile(name: string): string {
  return readFileSync(new URL(`../web/${name}`, import.meta.url), 'utf8')
}
