import test from 'ava'
import { type Command, parseFlags } from '../../src/commands/command.ts'
import { command as serve } from '../../src/commands/serve.ts'
import { UsageError } from '../../src/usage-error.ts'

const COUNTED: Command = {
  name: 'counted',
  summary: 'Takes a number.',
  flags: [{ name: 'many', type: 'number', whole: [1, 64], help: 'how many' }],
  run: async () => 0,
}

test('a bounded number takes both of its ends', t => {
  t.is(parseFlags(COUNTED, ['--many=1']).flags.number('many'), 1)
  t.is(parseFlags(COUNTED, ['--many', '64']).flags.number('many'), 64)
})

for (const text of ['0', '65', '1.5', '1e3', '-1', '']) {
  test(`a bounded number refuses "${text}" with its rule`, t => {
    const error = t.throws(() => parseFlags(COUNTED, [`--many=${text}`]), {
      instanceOf: UsageError,
    })
    t.regex(error.message, /^--many=.*: a (whole )?number.* is needed$/)
  })
}

test('serve starts with no fewer than one ingest thread', t => {
  t.throws(() => parseFlags(serve, ['--ingest.workers=0']), {
    message: '--ingest.workers=0: a whole number from 1 to 64 is needed',
  })
})
