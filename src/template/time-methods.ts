import { method, TIME_METHODS } from './shared-time-methods.ts'
import { localTime, Time } from './time.ts'
import { BYTE, Int, type IntType, type Method, type Value } from './values.ts'

/** The methods of Go's time that templates find: beside those that make a plain value, some that only they can use. */
export const TEMPLATE_TIME_METHODS: ReadonlyMap<string, Method<Time>> = new Map<string, Method<Time>>([
  ...TIME_METHODS,
  ['GoString', method<Time>([], (time) => time.toGoString())],
  ['IsDST', method<Time>([], isSummer)],
  ['Location', method<Time>([], ({ location }) => new Int(LOCATION, BigInt(LOCATIONS.indexOf(location))))],
  ['In', method<Time>(['*time.Location'], inLocation)],
  ['MarshalJSON', method<Time>([], (time) => bytesOf(JSON.stringify(time.toJson())))],
  ['MarshalText', method<Time>([], (time) => bytesOf(time.toJson()))],
  ['Clock', uncallableMethod('function Clock has 3 return values; should be 1 or 2')],
  ['Date', uncallableMethod('function Date has 3 return values; should be 1 or 2')],
  ...Object.entries({ ISOWeek: 'int', Zone: 'int', ZoneBounds: 'time.Time' }).map(([name, second]) => {
    const reason = `invalid function signature for ${name}: second return value should be error; is ${second}`
    return [name, uncallableMethod(reason)] as const
  })
])

/** Locations by number; the last one is that of an offset. */
const LOCATIONS = ['UTC', 'Local', '']
const LOCATION: IntType = {
  name: '*time.Location',
  print: nameOf,
  methods: new Map([['String', method<Int>([], ({ value }) => nameOf(value))]])
}

function nameOf(location: bigint): string {
  return LOCATIONS[Number(location)] ?? ''
}

function inLocation({ instant }: Time, [location]: readonly Value[]): Time {
  return nameOf((location as Int).value) === 'Local' ? localTime(instant) : new Time(instant)
}

function isSummer(time: Time): boolean {
  if (time.location !== 'Local') return false
  const year = time.wall.getUTCFullYear()
  const offsets = [0, 6].map((month) => -new Date(year, month, 1).getTimezoneOffset() * 60)
  return time.offsetSeconds > Math.min(...offsets)
}

function bytesOf(text: string): readonly Value[] {
  return Array.from(Buffer.from(text), (byte) => new Int(BYTE, BigInt(byte)))
}

function uncallableMethod(uncallable: string): Method<Time> {
  return { params: [], uncallable, call: () => undefined }
}
