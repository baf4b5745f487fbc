const DEPTH = 9

/** Fifty to the power of nine steps over the fields of `wideLine`, and no output. */
export const ENDLESS = '{{ range $.Fields }}'.repeat(DEPTH) + '{{ end }}'.repeat(DEPTH)

export const WIDE_LINE = `m ${Array.from({ length: 50 }, (_, i) => `f${i}=${i}`).join(',')} 1`
