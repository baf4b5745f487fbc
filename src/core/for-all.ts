/** Does something to every item, whatever that throws for some of them; throws the first error in the end. */
export function forAll<T>(items: Iterable<T>, work: (item: T) => void): void {
  const errors: unknown[] = []
  for (const item of items) {
    try {
      work(item)
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}
