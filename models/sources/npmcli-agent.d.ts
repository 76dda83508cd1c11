// Types of the part of @npmcli/agent that is used here; the package brings none.
declare module '@npmcli/agent' {
  import type { Agent } from 'node:http';
  /** An agent for the address, through the proxy that the options or the environment name for it; the same for the same options. */
  export function getAgent(url: string, options: Readonly<Record<string, unknown>>): Agent;
}
