// Whether an execution provider is really live. The runtime leaves operators on the CPU without a word, so a provider
// counts as live only after it has run a graph with the CPU shut out.
import { messageOf } from '../../protocol/errors.js';
import { ort } from '../../models/graph/runtime.js';
import type { Provider } from './lane-protocol.js';
import { executionProviders } from './provider.js';

/** A graph of one MatMul (float32 4x4 `x` times itself is `y`), ONNX opset 13. */
const PROBE_GRAPH = Buffer.from(
  'CAc6QAoRCgF4CgF4EgF5IgZNYXRNdWwSAXBaEwoBeBIOCgwIARIICgIIBAoCCARiEwoBeRIOCgwIARIICgIIBAoCCARCBAoAEA0=',
  'base64',
);
const SILENT = 4;

/** @throws when the provider cannot be started on this machine; the message says why, in one line */
export async function probeProvider(provider: Provider): Promise<void> {
  if (provider === 'cpu') return;
  try {
    const session = await ort.InferenceSession.create(PROBE_GRAPH, {
      executionProviders: executionProviders(provider),
      logSeverityLevel: SILENT,
      extra: { session: { disable_cpu_ep_fallback: '1' } },
    });
    const x = new ort.Tensor('float32', new Float32Array(16).fill(1), [4, 4]);
    const { y } = await session.run({ x });
    await session.release();
    if (y?.data[0] !== 4) throw new Error('it computed a wrong product');
  } catch (error) {
    throw new Error(`${provider} cannot start: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const [line = ''] = messageOf(error).split('\n');
  // The usual case, on every machine without a GPU.
  if (line.includes('Failed to load shared library')) return 'its libraries are not installed here, or not all of them';
  return line.slice(0, 200);
}
