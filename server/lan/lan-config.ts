// `serve --lan` is a choice of settings: whatever the operator has set outright stays.
import { networkInterfaces } from 'node:os';
import type { Config } from '../config.js';

/** Listens for everybody, by IPv6 and IPv4 alike where there is both. */
export function forLan(config: Config, interfaces = networkInterfaces()): Config {
  if (config.origins.host !== 'default') return config;
  const hasIpv6 = Object.values(interfaces).some((entries) => entries?.some(({ family }) => family === 'IPv6'));
  return { ...config, settings: { ...config.settings, host: hasIpv6 ? '::' : '0.0.0.0' } };
}
