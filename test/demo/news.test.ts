/** What the demo tells of the control loop. */
import test from 'ava'
import { News } from '../../src/demo/news.ts'

const ACTION = {
  id: 'a1',
  where: 'fabric',
  what: {
    action: { type: 'mark' },
    match: {
      sourcePort: 36837,
      protocol: 'tcp',
      family: 'ip',
      destinationPort: 5201,
      destination: '10.4.0.2',
      source: '10.2.0.4',
    },
  },
}

test('a match is told from source to ports, each phase once', t => {
  const news = new News()
  const body = (phase: string) => ({ actions: [{ ...ACTION, phase }] })
  t.deepEqual(news.take(body('active')), [
    'mark  source 10.2.0.4, destination 10.4.0.2, protocol tcp, sourcePort 36837, destinationPort 5201 on fabric: in force (dry run)',
  ])
  t.deepEqual(news.take(body('active')), [])
  t.regex(news.take(body('ended'))[0] ?? '', /on fabric: taken back$/)
})
