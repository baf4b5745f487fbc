import t from 'tap'
import { ensureAdmin } from '../../src/auth/first-admin.ts'
import { Passwords } from '../../src/auth/password.ts'
import { Users } from '../../src/auth/users.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { Database } from '../../src/store/db.ts'
import { UserStore } from '../../src/store/users.ts'

t.test('the first admin is made of a name that is free, or of the user who has it', async (t) => {
  for (const name of ['new', 'ann']) {
    const db = await Database.open(':memory:')
    const users = await Users.open(new UserStore(db), new Passwords(10))
    await users.create({ name: 'ann', type: 'normal', permissions: [] }, 'old password')
    await ensureAdmin(users, name, 'given password', silentLogger)
    t.match(await users.login(name, 'given password'), { name, type: 'admin' })
    await ensureAdmin(users, 'another', 'x', silentLogger)
    t.equal(users.find('another'), undefined, 'there is an admin')
    await db.close()
  }
})
