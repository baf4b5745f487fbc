import type { ParsedMail } from 'mailparser'
import { defineError, messageOf } from '../../core/errors.ts'
import { type Alert, findProblem, TITLE_MAX_BYTES } from '../alert.ts'
import { normalizeDate } from '../date.ts'
import { parseMailDate } from './mail-date.ts'

export const BadMail = defineError('MAIL_BAD', 400, (detail: string) => detail)

/**
 * The alert that a mail tells of: From, Subject and Date of its header, overridden by pseudo headers at the top of its
 * text, which is the message. Fails with MAIL_BAD.
 *
 * Differs: of a mail of several parts the texts count, and of HTML what it says; in the original the first is refused
 * and deleted, and the second taken with its tags.
 * Differs: a mail without a good date is of now, one without a subject has `(no subject)`, and too long a subject is
 * cut, where the original has the year 1 and refuses the two.
 * @param now As alerts have dates.
 */
export async function alertOfMail(mail: Buffer, now: string): Promise<Alert> {
  // Takes a while to load, and few servers read mails.
  const { simpleParser } = await import('mailparser')
  const options = { skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true }
  const parsed = await simpleParser(mail, options).catch((error: unknown) => {
    throw BadMail(messageOf(error))
  })
  const { pseudo, message } = splitText((parsed.text ?? '').replaceAll('\r', ''))
  const { From = fromOf(parsed), Host = '', Title = titleOf(parsed), Date: date, ...info } = Object.fromEntries(pseudo)
  const alert: Alert = {
    from: From,
    date: (date === undefined ? undefined : anyDate(date)) ?? headerDate(parsed) ?? now,
    host: Host,
    title: Title,
    message,
    routes: [],
    info,
    sub: [],
    stats: {}
  }
  const problem = findProblem(alert)
  if (problem !== undefined) throw BadMail(problem)
  return alert
}

/** The name of the sender, or else the address; what is not one address as it is written. */
function fromOf({ from }: ParsedMail): string {
  const [sender, ...others] = from?.value ?? []
  if (sender === undefined) return ''
  return others.length > 0 ? from!.text : sender.name || sender.address || ''
}

function titleOf({ subject = '' }: ParsedMail): string {
  const line = subject.replace(/\s*\n\s*/g, ' ').trim()
  if (line === '') return '(no subject)'
  if (Buffer.byteLength(line) <= TITLE_MAX_BYTES) return line
  // A character that the cut goes through becomes U+FFFD at the end.
  const cut = Buffer.from(line).subarray(0, TITLE_MAX_BYTES - 3)
  return `${cut.toString().replace(/\ufffd+$/, '')}…`
}

function headerDate({ headerLines }: ParsedMail): string | undefined {
  const line = headerLines.find(({ key }) => key === 'date')?.line
  return line === undefined ? undefined : anyDate(line.slice(line.indexOf(':') + 1).replace(/\s+/g, ' '))
}

function anyDate(text: string): string | undefined {
  return parseMailDate(text) ?? normalizeDate(text.trim())
}

/** Headers that set fields of the alert; all others go to Info. */
const KNOWN: ReadonlySet<string> = new Set(['From', 'Date', 'Host', 'Title'])
const PSEUDO = /^([A-Za-z\d-]+):[ \t]*(.*)$/

/**
 * Splits lines of `Name: value` off the top of a text, up to its first empty line.
 * Differs: one of them has to be From, Date, Host or Title; in the original any first paragraph of that form, such as
 * `Error: disk full`, is taken out of the message.
 */
export function splitText(text: string): { readonly pseudo: ReadonlyMap<string, string>; readonly message: string } {
  const whole = { pseudo: new Map<string, string>(), message: text }
  const end = text.indexOf('\n\n')
  if (text.startsWith('\n') || (end < 0 && !text.endsWith('\n'))) return whole
  const pseudo = new Map<string, string>()
  for (const line of text.slice(0, end < 0 ? -1 : end).split('\n')) {
    const match = PSEUDO.exec(line)
    if (match === null) return whole
    pseudo.set(match[1]!, match[2]!)
  }
  const isMeant = [...pseudo.keys()].some((name) => KNOWN.has(name))
  return isMeant ? { pseudo, message: end < 0 ? '' : text.slice(end + 2) } : whole
}
