// The model of a service that this one stands in for, once it is open.
import type { ServedModel } from '../../models/served/served-model.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { ServiceState } from '../service-state.js';

/** @throws OnlookerError MODEL_UNAVAILABLE, DRAINING */
export async function openModel(state: ServiceState, model: string): Promise<ServedModel> {
  const served = state.requirePipeline().served;
  if (served === null) throw new OnlookerError('MODEL_UNAVAILABLE');
  const asked = { task: 'classify', model, stream: null } as const;
  return served.ready(asked) ?? (await served.open(served.idFor(asked)));
}
