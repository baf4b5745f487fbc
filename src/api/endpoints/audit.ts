import type { MemberChange } from '../../auth/audit.ts'
import { formatInstant, instantOfMillis } from '../../core/instant.ts'
import type { AuditFilter, AuditRecord } from '../../store/audit.ts'
import { type App, KAPOK_BASE } from '../app.ts'
import { needs } from '../needs.ts'
import { limitedPageOf, queryOf, timeParameter } from '../query.ts'
import type { Services } from '../services.ts'

/** Who changed what, when and from where: the newest first. */
export function auditEndpoints(app: App, { audit }: Pick<Services, 'audit'>): void {
  app.get(`${KAPOK_BASE}/audit`, needs('admin'), async (request) => {
    const query = queryOf(request)
    const { limit, offset } = limitedPageOf(query)
    return { changes: (await audit.store.page(filterOf(query), limit, offset)).map(changeJson) }
  })
}

function filterOf(query: URLSearchParams): AuditFilter {
  const textOf = (name: string): string | undefined => query.get(name) ?? undefined
  return {
    ...{ actor: textOf('user'), kind: textOf('kind'), id: textOf('id') },
    ...{ fromMs: timeParameter(query, 'from')?.ms, toMs: timeParameter(query, 'to')?.ms }
  }
}

function changeJson({ timeMs, actor, address, action, kind, id, changes }: AuditRecord): object {
  const members = JSON.parse(changes) as readonly MemberChange[]
  return { time: formatInstant(instantOfMillis(timeMs)), user: actor, address, action, kind, id, members }
}
