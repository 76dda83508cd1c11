// What cameras can be looked at for here: by the models that the service has.
import { useEffect, useState } from 'preact/hooks';
import type { Task } from '../../../protocol/payloads.js';
import { http } from '../app/service.js';

export interface Tasks {
  readonly tasks: readonly Task[];
  /** Names of models that do the chosen one. */
  readonly models: readonly string[];
}

/** Of faces there always are models. */
const ALWAYS: readonly Task[] = ['faces', 'detect'];
const BY_MODEL: readonly Task[] = ['classify', 'objects'];

/** @param chosen is among them in any case: what a camera does is not changed by looking at it */
export function useTasks(chosen: Task): Tasks {
  const [known, setKnown] = useState<readonly { readonly name: string; readonly task: Task }[]>([]);
  useEffect(() => {
    http.servedModels.versions().then(
      ({ models }) =>
        setKnown(
          models.flatMap(({ name, in_use: inUse, versions }) => {
            const task = versions.find(({ version }) => version === inUse)?.task ?? null;
            return task !== null && BY_MODEL.includes(task) ? [{ name, task: task }] : [];
          }),
        ),
      () => undefined,
    );
  }, []);
  const offered = BY_MODEL.filter((task) => known.some((model) => model.task === task));
  return {
    tasks: [...new Set([...ALWAYS, ...offered, chosen])],
    models: known.filter(({ task }) => task === chosen).map(({ name }) => name),
  };
}
