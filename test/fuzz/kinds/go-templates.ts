import { template } from '../generate/template.ts'
import type { Kind } from './index.ts'
import { streamTrial } from './stream-trial.ts'

export default {
  name: 'go-templates',
  summary: 'Ids, messages and details of alerts in the language of Go templates.',
  oracles: ['go'],
  make(random) {
    const property = (name: string, isHtml: boolean): string[] => [
      `.${name}('`,
      ...template(random, isHtml).map(escaped),
      `')`
    ]
    const script = [
      'stream|from()',
      `.groupBy('host')`,
      '|alert()',
      ...(random.chance(0.3) ? property('id', false) : []),
      ...property('message', false),
      ...property('details', true),
      '.crit(lambda: TRUE)',
      `.post('@CAPTURE@/t')`
    ]
    const lines = [
      'cpu,host=a\\ b,dc=eu<1> value=12.5,big=12345678901234,count=3i,ok=true,s="q<\\"&\'>",neg=-1 1700000000123000000',
      'cpu,host=a\\ b value=1e21,count=-9i,ok=false,s="é\n</script>" 1700000001000000000'
    ]
    return streamTrial('texts of alerts', script, [lines])
  }
} satisfies Kind

/** As a string of TICKscript in single quotes. */
function escaped(text: string): string {
  return text.replaceAll("'", "\\'")
}
