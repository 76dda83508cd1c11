// Which execution providers are tried, and in which order. Kept apart from the runtime, which only lanes load.
import type { Provider } from './lane-protocol.js';

export const PROVIDER_CHOICES = ['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu'] as const;
/** `auto`, or a provider that must start. */
export type ProviderChoice = (typeof PROVIDER_CHOICES)[number];

/**
 * The providers to try, best first. WebGPU is left out of `auto`: it also runs on software Vulkan, a hundred times
 * slower than the CPU provider, and nothing tells the two apart.
 */
export function providersToTry(choice: ProviderChoice): readonly Provider[] {
  return choice === 'auto' ? ['cuda', 'cpu'] : [choice];
}

/** As the runtime wants it; TensorRT hands what it cannot do to CUDA. */
export function executionProviders(provider: Provider): string[] {
  return provider === 'tensorrt' ? ['tensorrt', 'cuda'] : [provider];
}
