import { type HandlerSpec, t } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'exec',
  kind: 'exec',
  hostType: 'ExecHandler',
  summary: 'Runs a program with the event as JSON on its standard input.',
  args: { prog: t.string('Path of the program.'), args: t.rest(t.string('Arguments of the program.')) },
  properties: {}
}
