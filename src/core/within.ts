/** What a promise comes to, or what `otherwise` gives where that takes longer. The promise itself goes on. */
export async function within<T, O>(limitMs: number, promise: Promise<T>, otherwise: () => O): Promise<T | O> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<O>((resolve) => (timer = setTimeout(() => resolve(otherwise()), limitMs)))
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
