// Which execution providers are tried, and in which order. Kept apart from the runtime, which only lanes load.
import type { Provider } from './lane-protocol.js';

export const PROVIDER_CHOICES = ['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu'] as const;
/** `auto`, or a provider that must start. */
export type ProviderChoice = (typeof PROVIDER_CHOICES)[number];

/**
 * The providers to try, best first. WebGPU is left out of `auto`: it also runs on software Vulkan, a hundred times
 * slower than the CPU provider, and nothing tells the two apart.
 */
export function providersToTry(choice: ProviderChoice): readonly [Provider, ...Provider[]] {
  return choice === 'auto' ? ['cuda', 'cpu'] : [choice];
}

/**
 * The best provider that starts.
 * @param onNext told of each that does not, while there is another one to try
 * @throws what the last of them failed with
 */
export async function firstThatStarts<T>(
  choice: ProviderChoice,
  start: (provider: Provider) => Promise<T>,
  onNext: (without: Provider, next: Provider, error: unknown) => void = () => undefined,
): Promise<{ readonly provider: Provider; readonly result: T }> {
  const [provider, ...others] = providersToTry(choice);
  for (let trying = provider; ;) {
    try {
      return { provider: trying, result: await start(trying) };
    } catch (error) {
      const next = others.shift();
      if (next === undefined) throw error;
      onNext(trying, next, error);
      trying = next;
    }
  }
}

/** As the runtime wants it; TensorRT hands what it cannot do to CUDA. */
export function executionProviders(provider: Provider): string[] {
  return provider === 'tensorrt' ? ['tensorrt', 'cuda'] : [provider];
}
