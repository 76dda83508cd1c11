// What it takes to stand in for another service: its port, its variables and its addresses.
import type { GivenModel } from '../models/model-library.js';
import type { ServiceState } from '../service-state.js';
import type { Route } from '../http/router.js';

export interface CompatContext {
  readonly state: ServiceState;
  /** Largest image. */
  readonly maxFrameBytes: number;
  /** Score that a class has to exceed. */
  readonly classMinimum: number;
}

/** As its environment says. */
export interface CompatService {
  /** What its variables mean for ours, where ours are not set: `ONLOOKER_PORT` and so on. */
  readonly environment: Readonly<Record<string, string>>;
  /** The model that its variables name; null where the pack's answer. */
  readonly given: GivenModel | null;
  routes(context: CompatContext): readonly Route[];
}

/** @throws ConfigError for a variable that is wrong */
export type CompatMode = (env: NodeJS.ProcessEnv) => Promise<CompatService>;
