// Types of the part of @npmcli/config that is used here; the package brings none.
declare module '@npmcli/config' {
  interface Options {
    readonly npmPath: string;
    readonly definitions: unknown;
    readonly shorthands: unknown;
    readonly flatten: unknown;
    readonly argv: readonly string[];
    readonly env: NodeJS.ProcessEnv;
  }
  export default class Config {
    constructor(options: Options);
    load(): Promise<void>;
    /** The settings as npm's own libraries take them. */
    readonly flat: Readonly<Record<string, unknown>>;
  }
}

declare module '@npmcli/config/lib/definitions/index.js' {
  const definitions: { readonly definitions: unknown; readonly shorthands: unknown; readonly flatten: unknown };
  export default definitions;
}
