import { createCipheriv, randomBytes, scrypt } from 'node:crypto'
import { Readable } from 'node:stream'
import { Encrypter, type Recipient, Stanza } from 'age-encryption'

/** Work of one guess at a passphrase: 2^16 rounds take 64 MiB and a tenth of a second. */
const LOG_ROUNDS = 16
const BLOCK_SIZE = 8
const SALT_LABEL = 'age-encryption.org/v1/scrypt'

/** Puts the key of a file under a passphrase, as the format has it; the work is done off the main thread. */
class PassphraseRecipient implements Recipient {
  readonly #passphrase: string

  constructor(passphrase: string) {
    this.#passphrase = passphrase
  }

  async wrapFileKey(fileKey: Uint8Array): Promise<Stanza[]> {
    const salt = randomBytes(16)
    const key = await derivedKey(this.#passphrase, Buffer.concat([Buffer.from(SALT_LABEL), salt]))
    // The key is used for this file alone, so its nonce may be zero.
    const cipher = createCipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 })
    const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()])
    return [new Stanza(['scrypt', salt.toString('base64').replace(/=+$/, ''), String(LOG_ROUNDS)], body)]
  }
}

function derivedKey(passphrase: string, salt: Buffer): Promise<Buffer> {
  const options = { N: 2 ** LOG_ROUNDS, r: BLOCK_SIZE, p: 1, maxmem: 2 ** LOG_ROUNDS * BLOCK_SIZE * 128 * 2 }
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, options, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}

export interface Encrypted {
  readonly content: Readable
  readonly size: number
}

/**
 * What a stream holds, in the format of age: `age -d` asks for the passphrase and gives it back.
 * @param size Bytes of the stream.
 */
export async function encryptWithPassphrase(content: Readable, size: number, passphrase: string): Promise<Encrypted> {
  const encrypter = new Encrypter()
  encrypter.addRecipient(new PassphraseRecipient(passphrase))
  const encrypted = await encrypter.encrypt(Readable.toWeb(content) as ReadableStream<Uint8Array>)
  return { content: Readable.fromWeb(encrypted as Parameters<typeof Readable.fromWeb>[0]), size: encrypted.size(size) }
}
