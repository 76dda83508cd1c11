// Routes for those who run the service: alive, ready, figures, models, configuration.
import type { ConfigReport } from '../../protocol/config.js';
import type { Metrics } from '../metrics/metrics.js';
import { retryAfter } from '../../pipeline/scheduling/retry-after.js';
import type { ServiceState } from '../service-state.js';
import { VERSION } from '../version.js';
import { jsonReply, withRetryAfter } from './reply.js';
import type { ModelsAnswer } from '../../protocol/models.js';
import { machineTuning } from '../machine-tuning.js';
import type { Route } from './router.js';

export function operationsRoutes(state: ServiceState, metrics: Metrics, config: ConfigReport): Route[] {
  const health: Route['handle'] = () => jsonReply(200, { status: 'ok', version: VERSION });
  const ready: Route['handle'] = () => {
    const missing = state.missing();
    const body = { status: missing.length === 0 ? 'ready' : 'not_ready', missing, provider: state.pipeline?.provider ?? null };
    const reply = jsonReply(missing.length === 0 ? 200 : 503, body);
    return missing.length === 0 ? reply : withRetryAfter(reply, retryAfter(state.readyInMs).retryAfterMs);
  };
  return [
    { method: 'GET', pattern: '/health', right: 'public', handle: health },
    { method: 'GET', pattern: '/v2/health/live', right: 'public', handle: health },
    { method: 'GET', pattern: '/ready', right: 'public', handle: ready },
    { method: 'GET', pattern: '/v2/health/ready', right: 'public', handle: ready },
    {
      method: 'GET',
      pattern: '/metrics',
      right: 'view',
      handle: async () => ({
        status: 200,
        headers: { 'content-type': metrics.registry.contentType },
        body: await metrics.registry.metrics(),
      }),
    },
    { method: 'GET', pattern: '/v1/models', right: 'identified', handle: () => jsonReply(200, modelsAnswer(state)) },
    { method: 'GET', pattern: '/v1/config', right: 'administer', handle: () => jsonReply(200, config) },
  ];
}

/** The models, and what was measured of the machine that runs them. */
function modelsAnswer({ pipeline }: ServiceState): ModelsAnswer {
  const models = pipeline?.models ?? [];
  const tuning = pipeline?.tuning ?? null;
  return tuning === null ? { models } : { models, tuning: machineTuning(tuning) };
}
