// How a frame is told apart by what it costs.

/**
 * Which room a frame needs: `large` where decoding it takes long or those before it were dear, so that it would keep others
 * out; `unproven` where nothing is known of what it costs.
 */
export type Size = 'usual' | 'unproven' | 'large';
