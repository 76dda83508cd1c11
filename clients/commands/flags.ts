// What the options of commands are, once they are read.
import type { Role } from '../../protocol/access.js';
import type { AttributeName, Task } from '../../protocol/payloads.js';
import type { Region } from './values.js';

export interface ServiceFlags {
  readonly url: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly header?: readonly string[];
  readonly ca?: string;
}

export interface SendFlags extends ServiceFlags {
  readonly stream?: string;
  readonly task: Task;
  readonly fps?: number;
  readonly realtime?: true;
  readonly limit?: number;
  readonly region?: Region;
  readonly minFace?: number;
  readonly attributes?: AttributeName[];
  readonly track?: true;
  readonly annotate?: string;
  readonly json?: true;
}

export interface EnrollFlags extends ServiceFlags {
  readonly id?: string;
  readonly externalId?: string;
  readonly track?: string;
  readonly twinOf?: readonly string[];
  readonly json?: true;
}

export interface KeyFlags extends ServiceFlags {
  readonly json?: true;
}

export interface NewKeyFlags extends KeyFlags {
  readonly role: readonly Role[];
  readonly stream?: readonly string[];
  /** Unix ms; Infinity: never. */
  readonly expires?: number;
}

/** A version of a model, as `plants@2` on the command line. */
export interface NamedVersion {
  readonly name: string;
  readonly version: string;
}

export interface PresenceFlags extends ServiceFlags {
  readonly from?: string;
  readonly to?: string;
  readonly tz?: string;
  readonly person?: string;
  readonly stream?: string;
  readonly csv?: true;
  readonly json?: true;
}
