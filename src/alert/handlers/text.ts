/** The longest beginning of a text that has at most so many bytes of UTF-8, whole characters only. */
export function cutToBytes(text: string, bytes: number): string {
  const buffer = Buffer.from(text)
  if (buffer.length <= bytes) return text
  let end = bytes
  while (end > 0 && (buffer[end]! & 0xc0) === 0x80) end--
  return buffer.toString('utf8', 0, end)
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"]
])

/** Undoes what HTML templates escape. */
export function unescapeHtml(html: string): string {
  return html.replace(
    /&(?:#(\d{1,6})|#x([0-9a-f]{1,6})|(\w+));/gi,
    (entity: string, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES.get(name) ?? entity
      const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal)
      return code <= 0x10ffff ? String.fromCodePoint(code) : entity
    }
  )
}
