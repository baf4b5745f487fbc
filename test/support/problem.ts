/** Body of the answer to a request that failed. */
export function problem(text: string): { readonly error: string; readonly message: string } {
  return { error: text, message: text }
}
