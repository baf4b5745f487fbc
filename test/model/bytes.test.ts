import t from 'tap'
import { byteLength, bytesOf, compareBytes, joinTexts, textOfBytes } from '../../src/model/bytes.ts'
import { jsonString } from '../../src/model/row.ts'
import { Random } from '../support/random.ts'

const random = new Random(11)

/** Bytes of some characters, cut at random places, and some that belong to none. */
function someBytes(): Buffer {
  const parts = Array.from({ length: random.int(6) }, () => {
    const whole = Buffer.from(['a', 'é', '€', '😀', '\ufffd', '\ud7ff', '\ue000'][random.int(7)]!)
    if (random.int(4) === 0) return Buffer.from([128 + random.int(128)])
    return random.int(3) === 0 ? whole.subarray(0, random.int(whole.length + 1)) : whole
  })
  return Buffer.concat(parts)
}

t.test('any bytes are one text, and come back', (t) => {
  for (let i = 0; i < 5000; i++) {
    const bytes = someBytes()
    const text = textOfBytes(bytes)
    t.strictSame(bytesOf(text), bytes)
    t.equal(byteLength(text), bytes.length)
    t.equal(Buffer.from(text).toString(), text.toWellFormed(), 'one U+FFFD for each byte that belongs to no character')
  }
  t.end()
})

t.test('texts that were cut anywhere are the same again when they are joined', (t) => {
  for (let i = 0; i < 5000; i++) {
    const bytes = someBytes()
    const cut = random.int(bytes.length + 1)
    t.equal(joinTexts(textOfBytes(bytes.subarray(0, cut)), textOfBytes(bytes.subarray(cut))), textOfBytes(bytes))
  }
  t.end()
})

t.test('texts are in the order of their bytes', (t) => {
  for (let i = 0; i < 5000; i++) {
    const [a, b] = [someBytes(), someBytes()]
    t.equal(Math.sign(compareBytes(textOfBytes(a), textOfBytes(b))), Buffer.compare(a, b))
  }
  t.end()
})

t.test('JSON has one U+FFFD for each byte of a cut character', (t) => {
  t.equal(jsonString('x\udcc3\udce2\udc82'), '"x\\ufffd\\ufffd\\ufffd"')
  t.equal(jsonString('\\udcc3'), '"\\\\udcc3"', 'a backslash and a word stay')
  t.equal(jsonString('😀<é'), '"😀\\u003cé"')
  t.end()
})
