// GET /v1/config: the configuration in force.

export interface SettingReport {
  /** As in the configuration file. */
  readonly name: string;
  /** The variable of the environment. */
  readonly env: string;
  /** Null where nothing is set and the default is not a value; `***` for a secret. */
  readonly value: string | number | boolean | null;
  readonly from: 'option' | 'env' | 'file' | 'default';
  readonly unit?: string;
  /** The default in words, where it is not the same on every machine. */
  readonly default_text?: string;
  /** In English. */
  readonly meaning: string;
}

export interface ConfigReport {
  /** The file that was read, if one was. */
  readonly file: string | null;
  readonly settings: readonly SettingReport[];
}
