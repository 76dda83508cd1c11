// A choice of the user that outlives the page. Where storage is forbidden it lasts as long as the page.

export function storedChoice<T extends string>(name: string, allowed: readonly T[]): T | undefined {
  try {
    const value = localStorage.getItem(`onlooker.${name}`);
    return allowed.find((choice) => choice === value);
  } catch {
    return undefined;
  }
}

/** Whatever stands there: to be read with care. */
export function storedText(name: string): string | undefined {
  try {
    return localStorage.getItem(`onlooker.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function storeChoice(name: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(`onlooker.${name}`);
    else localStorage.setItem(`onlooker.${name}`, value);
  } catch {
    // Not allowed here: the choice ends with the page.
  }
}
