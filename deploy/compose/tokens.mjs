// The first service of compose.yaml: makes the tokens that the others show each other, once, in a
// volume that only they mount. Nothing to invent, and none that everybody knows.
import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'

const folder = process.argv[2] ?? '/secrets'
// agent: controller → ACL agent. alerts: bridge and Alertmanager → controller. people: you → controller.
for (const name of ['agent', 'alerts', 'people']) {
  const file = `${folder}/${name}.token`
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o444 })
}
