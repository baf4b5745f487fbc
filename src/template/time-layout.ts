/** Go's time layouts, which spell the parts of a time by a reference: `Mon Jan 2 15:04:05 MST 2006`. */
const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June',
  'July', 'August', 'September', 'October', 'November', 'December'
] // prettier-ignore
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** Longer spellings first. A fraction counts only where no digit follows it; `Jan` only where no `uary` word goes on. */
const PART =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|002|01|02|03|04|05|06|15|__2|_2(?!006)|1|2|3|4|5|PM|pm|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|[.,](?:0+|9+)(?!\d)/g

export function monthName(month: number): string {
  return MONTHS[month - 1] ?? `%!Month(${month})`
}

export function weekdayName(day: number): string {
  return DAYS[day] ?? `%!Weekday(${day})`
}

/** @param wall The wall clock's reading as UTC fields. */
export function formatLayout(
  layout: string,
  wall: Date,
  nanosecond: number,
  offsetSeconds: number,
  zone: string
): string {
  return layout.replace(PART, (part) => {
    switch (part) {
      case 'January':
        return monthName(wall.getUTCMonth() + 1)
      case 'Jan':
        return monthName(wall.getUTCMonth() + 1).slice(0, 3)
      case 'Monday':
        return weekdayName(wall.getUTCDay())
      case 'Mon':
        return weekdayName(wall.getUTCDay()).slice(0, 3)
      case 'MST':
        return zone
      case '2006':
        return padded(wall.getUTCFullYear(), 4)
      case '06':
        return padded(wall.getUTCFullYear() % 100, 2)
      case '01':
        return padded(wall.getUTCMonth() + 1, 2)
      case '1':
        return String(wall.getUTCMonth() + 1)
      case '02':
        return padded(wall.getUTCDate(), 2)
      case '_2':
        return String(wall.getUTCDate()).padStart(2)
      case '2':
        return String(wall.getUTCDate())
      case '002':
        return padded(yearDay(wall), 3)
      case '__2':
        return String(yearDay(wall)).padStart(3)
      case '15':
        return padded(wall.getUTCHours(), 2)
      case '03':
        return padded(hour12(wall), 2)
      case '3':
        return String(hour12(wall))
      case '04':
        return padded(wall.getUTCMinutes(), 2)
      case '4':
        return String(wall.getUTCMinutes())
      case '05':
        return padded(wall.getUTCSeconds(), 2)
      case '5':
        return String(wall.getUTCSeconds())
      case 'PM':
        return wall.getUTCHours() >= 12 ? 'PM' : 'AM'
      case 'pm':
        return wall.getUTCHours() >= 12 ? 'pm' : 'am'
      default:
        return /^[.,]/.test(part) ? fraction(part, nanosecond) : offset(part, offsetSeconds)
    }
  })
}

function padded(value: number, length: number): string {
  return value < 0 ? `-${String(-value).padStart(length, '0')}` : String(value).padStart(length, '0')
}

function hour12(wall: Date): number {
  return wall.getUTCHours() % 12 || 12
}

function yearDay(wall: Date): number {
  const start = new Date(wall)
  start.setUTCMonth(0, 1)
  return Math.round((wall.getTime() - start.getTime()) / 86_400_000) + 1
}

/** `.000` keeps its digits, `.999` drops the zeros at the end, and itself where nothing is left. */
function fraction(part: string, nanosecond: number): string {
  const digits = String(nanosecond)
    .padStart(9, '0')
    .slice(0, part.length - 1)
  if (part[1] === '0') return part[0]! + digits
  const shortest = digits.replace(/0+$/, '')
  return shortest === '' ? '' : part[0]! + shortest
}

function offset(part: string, offsetSeconds: number): string {
  if (part.startsWith('Z') && offsetSeconds === 0) return 'Z'
  const abs = Math.abs(offsetSeconds)
  const sign = offsetSeconds < 0 ? '-' : '+'
  const numbers = [Math.floor(abs / 3600), Math.floor(abs / 60) % 60, abs % 60].map((number) => padded(number, 2))
  const digits = part.replace(/\D/g, '').length
  return sign + numbers.slice(0, digits / 2).join(part.includes(':') ? ':' : '')
}
