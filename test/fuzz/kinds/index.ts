import type { Random } from '../../support/random.ts'
import type { OracleName } from '../oracles/index.ts'
import type { Trial } from '../trial.ts'

import api from './api.ts'
import goTemplates from './go-templates.ts'
import joins from './joins.ts'
import lambdas from './lambdas.ts'
import lineProtocol from './line-protocol.ts'
import reshape from './reshape.ts'
import scripts from './scripts.ts'
import windows from './windows.ts'

/** A generator of trials of one kind. */
export interface Kind {
  readonly name: string
  readonly summary: string
  /** What can tell whether an answer to a trial of this kind is right, beside a reference. */
  readonly oracles: readonly OracleName[]
  make(random: Random): Trial
}

/** Each kind: one file, and one line here. */
export const KINDS: readonly Kind[] = [scripts, lambdas, lineProtocol, goTemplates, windows, joins, reshape, api]
