// Which provider would run the models here, found out without loading one.
import type { Provider } from './lane-protocol.js';
import { probeProvider } from './provider-probe.js';
import { providersToTry, type ProviderChoice } from './provider.js';

/** @throws Error of the last one, when none starts */
export async function startableProvider(choice: ProviderChoice): Promise<Provider> {
  let failure: unknown = new Error('no provider was named');
  for (const provider of providersToTry(choice)) {
    try {
      await probeProvider(provider);
      return provider;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
