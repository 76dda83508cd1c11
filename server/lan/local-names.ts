// The names and addresses by which this machine can be reached on its own networks.
import { hostname as systemHostname, networkInterfaces } from 'node:os';
import { AddressSet, canonicalAddress } from '../../protocol/addresses.js';

export interface LocalNames {
  /** Lower case, without a dot at the end. */
  readonly names: readonly string[];
  /** In their one spelling, those that others are most likely to reach first; loopback last. */
  readonly addresses: readonly string[];
}

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Interfaces of containers, virtual machines and tunnels: what is in the same room cannot be reached through them. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|tun|tap|wg|utun|tailscale|zt|cni|flannel|lxc|podman)/;
/** Link-local addresses of IPv6 need a zone, which no browser takes. */
const UNREACHABLE = AddressSet.parse('fe80::/10');
const HOME = AddressSet.parse('10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16');

export function localNames(hostname = systemHostname(), interfaces: Interfaces = networkInterfaces()): LocalNames {
  const [label = ''] = hostname.toLowerCase().split('.');
  const isName = /^[a-z0-9-]{1,63}$/.test(label);
  const names = isName ? [hostname.toLowerCase().replace(/\.$/, ''), label, `${label}.local`] : [];
  const found = Object.entries(interfaces).flatMap(([name, entries = []]) =>
    entries.flatMap(({ address, internal }) => {
      const spelled = canonicalAddress(address);
      return spelled === undefined || internal || UNREACHABLE.has(spelled)
        ? []
        : [{ address: spelled, rank: rankOf(name, spelled) }];
    }),
  );
  found.sort((one, other) => one.rank - other.rank);
  return {
    names: [...new Set([...names, 'localhost'])],
    addresses: [...new Set([...found.map(({ address }) => address), '127.0.0.1', '::1'])],
  };
}

function rankOf(interfaceName: string, address: string): number {
  return (VIRTUAL.test(interfaceName) ? 4 : 0) + (address.includes(':') ? 2 : 0) + (HOME.has(address) ? 0 : 1);
}
