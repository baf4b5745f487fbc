/** Points of a loopback node on their way to those who read them. */
export interface LoopedLines {
  readonly db: string
  readonly rp: string
  /** How many times tasks have written them back, counted from 1. */
  readonly hop: number
  readonly lines: string
  readonly points: number
}

/** What becomes of such points: both are called, once each, in this order. */
export interface LoopedFate {
  /** All who read the points have taken them in. */
  processed(): void
  /** All readers have finished what they do on account of the points. */
  ended(refused: LoopedLoss | undefined): void
}

/** Points that were not taken. */
export interface LoopedLoss {
  readonly points: number
  readonly reason: string
}
