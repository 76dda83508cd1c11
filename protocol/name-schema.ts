// The rule of name-text as a schema, apart from it: browsers load the rule and no zod.
import { z } from 'zod';
import { checkedName, NAME_MAX } from './name-text.js';

/** @param max code points. What comes out is the name as it is kept. */
export function nameSchemaOf(max: number = NAME_MAX) {
  return z.string().transform((given, context) => {
    const { text, wrong } = checkedName(given, max);
    if (text !== undefined) return text;
    context.addIssue({ code: 'custom', message: wrong });
    return z.NEVER;
  });
}
