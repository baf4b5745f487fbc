import { wallClock } from '../../core/clock.ts'
import { type Instant, nanosOf } from '../../core/instant.ts'
import { type Int, intOf } from '../../model/value.ts'
import { countError, type LambdaFunction } from './spec.ts'
import { goTypeOf } from '../types.ts'

/** Times are read in the time zone of the server (`TZ`), as the original does. */
export const TIME_FUNCTIONS: readonly LambdaFunction[] = [
  part('unixNano', 'Nanoseconds since 1970.', unixNano),
  part('minute', 'Minute of the hour, 0 to 59.', (time) => new Date(time.ms).getMinutes()),
  part('hour', 'Hour of the day, 0 to 23.', (time) => new Date(time.ms).getHours()),
  part('weekday', 'Day of the week, 0 (Sunday) to 6.', (time) => new Date(time.ms).getDay()),
  part('day', 'Day of the month, from 1.', (time) => new Date(time.ms).getDate()),
  part('month', 'Month of the year, from 1.', (time) => new Date(time.ms).getMonth() + 1),
  part('year', 'Year.', (time) => new Date(time.ms).getFullYear()),
  {
    name: 'now',
    summary: 'The current time of the server.',
    signatures: [{ args: [], returns: 'time', call: () => wallClock.now() }],
    misuse: () => countError('now', 0)
  }
]

function part(name: string, summary: string, call: (time: Instant) => Int): LambdaFunction {
  return {
    name,
    summary,
    signatures: [{ args: ['time'], returns: 'int', call }],
    misuse: (types) => (types.length === 1 ? `cannot convert ${goTypeOf(types[0]!)} to time.Time` : countError(name, 1))
  }
}

function unixNano(time: Instant): Int {
  return intOf(nanosOf(time))
}
