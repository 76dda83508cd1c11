// The attacker's process. Attackers are other machines: here they come after the service, so that what is measured is what the service
// gives them, and not that they use the same cores.
import { constants, setPriority } from 'node:os';
import { answerParent } from '../child.js';
import { ACTS, type Scene } from './acts.js';

export interface Attack {
  /** Of ACTS. */
  readonly name: string;
  readonly seconds: number;
  readonly scene: Scene;
}

setPriority(constants.priority.PRIORITY_LOW);
answerParent<Attack, null>(async ({ name, seconds, scene }) => {
  const startMs = performance.now();
  await ACTS.find((act) => act.name === name)?.run(scene, () => performance.now() - startMs >= seconds * 1000);
  return null;
});
