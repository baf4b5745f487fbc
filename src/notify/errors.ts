import { defineError } from '../core/errors.ts'

// Differs: says what is missing; the original's text is `404 page not found`.
export const UnknownFilter = defineError('FILTER_UNKNOWN', 404, (id: string) => `no such filter: ${id}`)
export const UnknownRoute = defineError('ROUTE_UNKNOWN', 404, (id: string) => `no such route: ${id}`)
/** kkok's words; there it is a 500. */
export const StaticFilter = defineError('FILTER_STATIC', 409, () => 'static filters cannot be removed')
export const StaticRoute = defineError('ROUTE_STATIC', 409, () => 'static routes cannot be removed')
export const UnknownDeadLetter = defineError('DEAD_LETTER_UNKNOWN', 404, (id: string) => `no such dead letter: ${id}`)
