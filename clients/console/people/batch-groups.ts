// Pictures that show one person, put together by the name that they were given in the end. Pure.
import { typedName } from '../../../protocol/name-text.js';

interface Group<Picture> {
  readonly id: number;
  readonly name: string;
  /** Id of whom they are added to, once that is sure. */
  readonly person?: string;
  readonly pictures: readonly Picture[];
}

/** Groups of the same name become one, at the place of the first: else each would create a person of its own. */
export function joinedByName<Picture>(groups: readonly Group<Picture>[]): readonly Group<Picture>[] {
  const joined = new Map<string, Group<Picture>>();
  for (const group of groups) {
    const name = typedName(group.name);
    const before = joined.get(name);
    const pictures = [...(before?.pictures ?? []), ...group.pictures];
    joined.set(name, { ...group, ...before, name, pictures });
  }
  return [...joined.values()];
}
