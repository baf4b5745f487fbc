/** Pages of Markdown. */
export function page(title: string, intro: string, parts: readonly string[]): string {
  return `${join([`# ${title}`, `${intro} This page is made from the code by \`npm run docs\`.`, ...parts])}\n`
}

export function join(parts: readonly string[]): string {
  return parts.join('\n\n')
}

/** '' without rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

export function code(text: string): string {
  return `\`${text}\``
}

export function block(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``
}
