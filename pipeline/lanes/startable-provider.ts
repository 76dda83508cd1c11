// Which provider would run the models here, found out without loading one.
import type { Provider } from './lane-protocol.js';
import { probeProvider } from './provider-probe.js';
import { firstThatStarts, type ProviderChoice } from './provider.js';

/** @throws Error of the last one, when none starts */
export async function startableProvider(choice: ProviderChoice): Promise<Provider> {
  return (await firstThatStarts(choice, probeProvider)).provider;
}
