import type { HandlerSpec } from '../../graph/spec.ts'

export const script: HandlerSpec = {
  name: 'talk',
  kind: 'talk',
  hostType: 'TalkHandler',
  summary: 'Posts the message to a JianLiao (Talk) room.',
  args: {},
  properties: {}
}
