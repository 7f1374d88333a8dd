/** Flow records of requests to web servers, and of what a browser measured. */
import { defineFlowRecord, type Field, i32, text, u32, u64 } from './define.ts'

const HTTP = 'sflow_http.txt'
const SERVERS = 'mod-sflow (Apache), nginx-sflow-module, tomcat-sflow-valve'

const NAMES_OF_REQUEST: readonly Field[] = [
  text('uri', { textMax: 255 }),
  text('host', { textMax: 64 }),
  text('referer', { textMax: 255, tool: 'referrer' }),
  text('useragent', { textMax: 128 }),
]
const FORWARDED_FOR = text('xff', { textMax: 64 })
const NAMES_OF_RESPONSE: readonly Field[] = [
  text('authuser', { textMax: 32 }),
  text('mime_type', { textMax: 64, tool: 'mimetype' }),
]
const REQUEST_BYTES = u64('req_bytes', { unit: 'bytes', tool: 'request_bytes' })
const END: readonly Field[] = [
  u64('resp_bytes', { unit: 'bytes', tool: 'bytes' }),
  u32('uS', { unit: 'us', tool: 'duration_uS' }),
  i32('status'),
]

const HEAD = { toolHead: { flowSampleType: 'http' }, toolPrefix: 'http_' }

/** What agents send under 2201. */
export const httpRequestOld = defineFlowRecord({
  ...HEAD,
  name: 'http_request_old',
  format: 2201,
  spec: 'https://github.com/sflow/sflowtool',
  about: 'A request to a web server, the second layout. Deprecated.',
  agents: 'old web server modules',
  fields: [u32('method'), u32('protocol'), ...NAMES_OF_REQUEST, ...NAMES_OF_RESPONSE, ...END],
})

/** What was published for 2201: without the protocol, with two fields more. */
export const httpRequestPublished = defineFlowRecord({
  ...HEAD,
  name: 'http_request_published',
  format: 2201,
  spec: 'http://groups.google.com/group/sflow/browse_thread/thread/88accb2bad594d1d',
  about:
    'The same as published: read where it fits the length of the record and the other does not.',
  agents: 'none seen',
  fields: [
    u32('method'),
    ...NAMES_OF_REQUEST,
    FORWARDED_FOR,
    ...NAMES_OF_RESPONSE,
    REQUEST_BYTES,
    ...END,
  ],
})

export const httpRequest = defineFlowRecord({
  ...HEAD,
  name: 'http_request',
  format: 2206,
  spec: HTTP,
  about: 'A request to a web server.',
  agents: SERVERS,
  fields: [
    u32('method'),
    u32('protocol'),
    ...NAMES_OF_REQUEST,
    FORWARDED_FOR,
    ...NAMES_OF_RESPONSE,
    REQUEST_BYTES,
    ...END,
  ],
})

export const proxyRequest = defineFlowRecord({
  name: 'extended_proxy_request',
  format: 2207,
  spec: HTTP,
  about: 'The request of a proxy to the server behind it.',
  agents: SERVERS,
  toolUnknown: true,
  fields: [text('uri', { textMax: 255 }), text('host', { textMax: 64 })],
})

export const navigationTiming = defineFlowRecord({
  name: 'extended_nav_timing',
  format: 2208,
  spec: 'https://groups.google.com/g/sflow/c/FKzkvig32Tk',
  about: 'What a browser measured while it loaded a page: PerformanceTiming of the W3C.',
  agents: 'none seen',
  toolUnknown: true,
  fields: [
    u32('type'),
    u32('redirectCount'),
    ...[
      'navigationStart',
      'unloadEventStart',
      'unloadEventEnd',
      'redirectStart',
      'redirectEnd',
      'fetchStart',
      'domainLookupStart',
      'domainLookupEnd',
      'connectStart',
      'connectEnd',
      'secureConnectionStart',
      'requestStart',
      'responseStart',
      'responseEnd',
      'domLoading',
      'domInteractive',
      'domContentLoadedEventStart',
      'domContentLoadedEventEnd',
      'domComplete',
      'loadEventStart',
      'loadEventEnd',
    ].map(name => u32(name, { unit: 'ms' })),
  ],
})
