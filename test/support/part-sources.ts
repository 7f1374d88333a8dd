/**
 * Which Debian package holds which program that tests need, where in it, and whether it may simply
 * be installed. A table for `parts.ts`, and nothing else.
 */
export interface Source {
  readonly package: string
  /** Where the program lies below the root of the package; the first that exists is taken. */
  readonly files: readonly string[]
  /** Free of services: root installs it instead of unpacking it. */
  readonly tool?: boolean
  /** Environment of the unpacked program; `ROOT` stands for where it was unpacked. */
  readonly environment?: Readonly<Record<string, string>>
  /** It opens files below /usr/share by their absolute names, and nothing tells it otherwise. */
  readonly readsShare?: boolean
}

const OVS = { OVS_PKGDATADIR: 'ROOT/usr/share/openvswitch' }
const XTABLES = { XTABLES_LIBDIR: 'ROOT/usr/lib/LIBRARIES/xtables' }
const FONTS = { FONTCONFIG_FILE: 'ROOT/fonts.conf' }

export const SOURCES = {
  prometheus: { package: 'prometheus', files: ['usr/bin/prometheus'] },
  promtool: { package: 'prometheus', files: ['usr/bin/promtool'] },
  'prometheus-alertmanager': {
    package: 'prometheus-alertmanager',
    files: ['usr/bin/prometheus-alertmanager'],
    readsShare: true,
  },
  amtool: { package: 'prometheus-alertmanager', files: ['usr/bin/amtool'] },
  'victoria-metrics': { package: 'victoria-metrics', files: ['usr/bin/victoria-metrics'] },
  'ovs-vswitchd': {
    package: 'openvswitch-switch',
    files: ['usr/lib/openvswitch-switch/ovs-vswitchd', 'usr/sbin/ovs-vswitchd'],
    environment: OVS,
  },
  'ovs-vsctl': { package: 'openvswitch-switch', files: ['usr/bin/ovs-vsctl'], environment: OVS },
  'ovs-ofctl': { package: 'openvswitch-switch', files: ['usr/bin/ovs-ofctl'], environment: OVS },
  'ovs-appctl': { package: 'openvswitch-switch', files: ['usr/bin/ovs-appctl'], environment: OVS },
  'ovs-dpctl': { package: 'openvswitch-switch', files: ['usr/bin/ovs-dpctl'], environment: OVS },
  'ovsdb-server': {
    package: 'openvswitch-switch',
    files: ['usr/sbin/ovsdb-server'],
    environment: OVS,
  },
  'ovsdb-tool': { package: 'openvswitch-switch', files: ['usr/bin/ovsdb-tool'], environment: OVS },
  'ovsdb-client': {
    package: 'openvswitch-switch',
    files: ['usr/bin/ovsdb-client'],
    environment: OVS,
  },
  pmacctd: { package: 'pmacct', files: ['usr/sbin/pmacctd'] },
  sfacctd: { package: 'pmacct', files: ['usr/sbin/sfacctd'] },
  tcpreplay: { package: 'tcpreplay', files: ['usr/bin/tcpreplay'], tool: true },
  sfcapd: { package: 'nfdump-sflow', files: ['usr/bin/sfcapd'] },
  nfdump: { package: 'nfdump', files: ['usr/bin/nfdump'] },
  nginx: { package: 'nginx', files: ['usr/sbin/nginx'] },
  'nginx-stream': {
    package: 'libnginx-mod-stream',
    files: ['usr/lib/nginx/modules/ngx_stream_module.so'],
  },
  snmpd: { package: 'snmpd', files: ['usr/sbin/snmpd'] },
  snmpwalk: { package: 'snmp', files: ['usr/bin/snmpwalk'], tool: true },
  nsd: { package: 'nsd', files: ['usr/sbin/nsd'] },
  'nsd-checkzone': { package: 'nsd', files: ['usr/sbin/nsd-checkzone'] },
  named: { package: 'bind9', files: ['usr/sbin/named'] },
  dig: { package: 'bind9-dnsutils', files: ['usr/bin/dig'], tool: true },
  buildah: { package: 'buildah', files: ['usr/bin/buildah'], tool: true },
  'systemd-analyze': {
    package: 'systemd',
    files: ['usr/bin/systemd-analyze', 'bin/systemd-analyze'],
  },
  'systemd-sysusers': {
    package: 'systemd',
    files: ['usr/bin/systemd-sysusers', 'bin/systemd-sysusers'],
  },
  'systemd-tmpfiles': {
    package: 'systemd',
    files: ['usr/bin/systemd-tmpfiles', 'bin/systemd-tmpfiles'],
  },
  chromium: {
    package: 'chromium',
    files: ['usr/lib/chromium/chromium'],
    tool: true,
    environment: FONTS,
  },
  ip: { package: 'iproute2', files: ['bin/ip', 'sbin/ip'], tool: true },
  tc: { package: 'iproute2', files: ['sbin/tc'], tool: true },
  ss: { package: 'iproute2', files: ['bin/ss'], tool: true },
  iptables: {
    package: 'iptables',
    files: ['usr/sbin/iptables-nft'],
    tool: true,
    environment: XTABLES,
  },
  ip6tables: {
    package: 'iptables',
    files: ['usr/sbin/ip6tables-nft'],
    tool: true,
    environment: XTABLES,
  },
  'iptables-restore': {
    package: 'iptables',
    files: ['usr/sbin/iptables-nft-restore'],
    tool: true,
    environment: XTABLES,
  },
  'ip6tables-restore': {
    package: 'iptables',
    files: ['usr/sbin/ip6tables-nft-restore'],
    tool: true,
    environment: XTABLES,
  },
  'iptables-save': {
    package: 'iptables',
    files: ['usr/sbin/iptables-nft-save'],
    tool: true,
    environment: XTABLES,
  },
  'ip6tables-save': {
    package: 'iptables',
    files: ['usr/sbin/ip6tables-nft-save'],
    tool: true,
    environment: XTABLES,
  },
  nft: { package: 'nftables', files: ['usr/sbin/nft'], tool: true },
  ethtool: { package: 'ethtool', files: ['sbin/ethtool', 'usr/sbin/ethtool'], tool: true },
  iperf3: { package: 'iperf3', files: ['usr/bin/iperf3'], tool: true },
  ping: { package: 'iputils-ping', files: ['bin/ping'], tool: true },
  tcpdump: { package: 'tcpdump', files: ['usr/bin/tcpdump', 'usr/sbin/tcpdump'], tool: true },
  tshark: { package: 'tshark', files: ['usr/bin/tshark'], tool: true },
  openssl: { package: 'openssl', files: ['usr/bin/openssl'], tool: true },
  curl: { package: 'curl', files: ['usr/bin/curl'], tool: true },
  unshare: { package: 'util-linux', files: ['usr/bin/unshare'], tool: true },
  nsenter: { package: 'util-linux', files: ['usr/bin/nsenter'], tool: true },
} as const satisfies Readonly<Record<string, Source>>
