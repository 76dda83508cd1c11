// The services that this one can stand in for, by the names that `--compat` takes.
import { attendance } from './attendance.js';
import { classification } from './classification.js';
import type { CompatMode } from './compat-mode.js';
import { insightface } from './insightface.js';
import { landUse } from './land-use.js';

export const COMPAT_MODES: Readonly<Record<string, CompatMode>> = {
  attendance,
  classification,
  insightface,
  'land-use': landUse,
};
