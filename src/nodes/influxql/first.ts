import { bestByTime } from './by-time.ts'
import { field } from './function.ts'
import { isEarlier, selector } from './selector.ts'

export default selector({
  name: 'first',
  summary: 'The earliest point; of equal times the one with the larger value (of booleans, the one with false).',
  args: { field },
  accepts: bestByTime(isEarlier, false),
  result: 'same',
  examples: [
    {
      script: "stream|from()|window().period(10s).every(10s).align()|first('v')",
      input: 'm,host=a v=3,n=1i 1s\nm,host=b v=1,n=5i 2s\nm,host=a v=9,n=9i 11s',
      output: 'm,host=a first=3,n=1i 10s'
    }
  ]
})
