/** @returns JavaScript of the same length and with the same lines. */
export function strip(source: string): Promise<string>
