import type { Deed } from '../abuse.ts'
import blockedNetwork from './blocked-network.ts'
import changingFields from './changing-fields.ts'
import clockJump from './clock-jump.ts'
import doublingLoop from './doubling-loop.ts'
import emptyStore from './empty-store.ts'
import everyRoute from './every-route.ts'
import handlerTemplate from './handler-template.ts'
import heavySql from './heavy-sql.ts'
import largeImport from './large-import.ts'
import longScript from './long-script.ts'
import manyEvents from './many-events.ts'
import messageTemplate from './message-template.ts'
import npmStart from './npm-start.ts'
import overlappingWindows from './overlapping-windows.ts'
import { manyPendingStop, pendingStop } from './pending-stop.ts'
import soak from './soak.ts'
import stalledPosts from './stalled-posts.ts'
import wideLine from './wide-line.ts'
import yamlAlias from './yaml-alias.ts'

/** Each deed: one file, and one line here. */
export const DEEDS: readonly Deed[] = [
  handlerTemplate,
  messageTemplate,
  overlappingWindows,
  manyEvents,
  wideLine,
  changingFields,
  stalledPosts,
  doublingLoop,
  blockedNetwork,
  heavySql,
  largeImport,
  longScript,
  emptyStore,
  yamlAlias,
  everyRoute,
  clockJump,
  pendingStop,
  manyPendingStop,
  npmStart,
  soak
]
