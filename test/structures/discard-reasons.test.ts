import test from 'ava'
import {
  DISCARD_REASONS,
  discardReason,
  meantReason,
} from '../../src/structures/discard-reasons.ts'

test('names stand at the published numbers', t => {
  t.is(discardReason(0), 'net_unreachable')
  t.is(discardReason(15), 'precedence_cutoff')
  t.is(discardReason(16), undefined)
  t.is(discardReason(255), undefined)
  t.is(discardReason(256), 'unknown')
  t.is(discardReason(258), 'acl')
  t.is(discardReason(289), 'unknown_l4')
  t.is(discardReason(324), 'pkt_too_small')
  t.is(discardReason(363), 'tap_filter')
  t.is(discardReason(371), 'socket_filter')
  t.is(discardReason(372), 'bgp_flowspec')
  t.is(discardReason(373), undefined)
  t.is(discardReason(0xffffffff), undefined)
})

test('the two slips of the published list mean what they were meant to', t => {
  t.is(discardReason(33), 'dev_hdr')
  t.is(discardReason(332), 'dev_hdr')
  t.is(discardReason(36), 'tc_egress')
  t.is(discardReason(366), 'tc_egress')
  t.is(meantReason(33), 332)
  t.is(meantReason(258), 258)
})

test('no name stands twice', t => {
  t.is(new Set(DISCARD_REASONS.values()).size, DISCARD_REASONS.size)
})
