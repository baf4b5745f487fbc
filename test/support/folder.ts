import type { Test } from 'tap'

/**
 * A folder of the test. Unlike that of a bare `testdir`, it is removed only after what teardowns end has ended:
 * a program that still writes into it would keep it from being removed.
 */
export function testFolder(t: Test, content: NonNullable<Parameters<Test['testdir']>[0]> = {}): string {
  t.teardown(() => undefined)
  return t.testdir(content)
}
