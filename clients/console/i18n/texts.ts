// What the texts of a language are: the same keys as English, which is the measure of all.
import type { en } from './en.js';

/** A text, or one for each plural form of `count`. `{name}` stands for a value. */
export type Message = string | { readonly one: string; readonly other: string };
/** The shape that a language's part for one view has: the same keys as English. */
export type Same<Part> = Readonly<Record<keyof Part, Message>>;
export type Texts = { readonly [View in keyof typeof en]: Same<(typeof en)[View]> };
