/**
 * Points that the window of one group holds at most.
 * Differs: the window of a group holds at most two million points, from then on the newest; Kapacitor's grows until memory
 * is used up.
 */
export const MAX_POINTS = 2_000_000
/** The newest points that are kept where there are more. */
export const KEPT_POINTS = 1_500_000

export const TOO_MANY = 'too many points in a window, dropped the oldest'
/** What the bound of `Effort` says. */
export const TOO_MUCH = 'too much was made of one write, left out a window'
