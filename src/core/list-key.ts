/** One text a distinct list of texts, whatever stands in them. */
export function listKey(texts: readonly string[]): string {
  let key = ''
  for (const text of texts) key += `${text.length}:${text}`
  return key
}
