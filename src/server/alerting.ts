import { join } from 'node:path'
import { CrashGuard } from '../alert/crash-guard.ts'
import { withDisabled } from '../alert/handlers/disabled.ts'
import { DeliveryClient } from '../alert/handlers/http-client.ts'
import { handlerKinds, serviceTests } from '../alert/handlers/index.ts'
import { alertLimitsOf } from '../alert/limits.ts'
import { handlerServices } from '../alert/service-tests.ts'
import { AlertService } from '../alert/service.ts'
import { Turns } from '../alert/turns.ts'
import { portOf } from '../api/listen.ts'
import type { Audit } from '../auth/audit.ts'
import { SecretFiles } from '../config/secret-files.ts'
import { poolHandler, poolSubscriber } from '../notify/bridge.ts'
import { schemas } from '../notify/files/check.ts'
import type { ConfigurationChanges } from '../notify/changes.ts'
import { NotifyFiles } from '../notify/files/notify-files.ts'
import { openNotify } from '../notify/open.ts'
import type { NotifyService } from '../notify/service.ts'
import { NetworkGuard } from '../net/network-guard.ts'
import { CrashMarks } from '../store/crash-marks.ts'
import { NotifyStore } from '../store/notify.ts'
import { type Base, blockedNetworksOf, openAllowed } from './base.ts'
import { followSecretFiles } from './secrets.ts'

export interface Alerting {
  readonly alerts: AlertService
  readonly notify: NotifyService
  readonly notifyFiles: NotifyFiles
  readonly crashGuard: CrashGuard
  /** Whatever waits, no start has to wait for it: deliveries begin when the server answers. */
  readonly turns: Turns
  /** Tests of the services that handlers send to. */
  readonly handlerTests: ReturnType<typeof handlerServices>
}

/** Topics with their handlers, and the pool of alerts behind them. */
export async function openAlerting(base: Base, audit: Audit): Promise<Alerting> {
  const { config, section, log, clock, server, db, closers, knownSecrets } = base
  const { alert, hostname, http } = config
  const clientUrl = `http${http['https-enabled'] ? 's' : ''}://${hostname}:${portOf(http['bind-address'])}/kapacitor/v1`
  const limits = alertLimitsOf(alert)
  const guard = new NetworkGuard(blockedNetworksOf(config))
  const turns = new Turns(false)
  const crashGuard = openCrashGuard(base)
  const allowed = await openAllowed(config)
  const secretFiles = new SecretFiles()
  const { notify, ...opened } = await openNotify(config.notify, {
    store: new NotifyStore(db),
    ...{ environment: process.env, secretFiles },
    log: log.child({ service: 'notify' }),
    ...{ ...allowed, guard, clock, section, clientUrl, limits: limits.mailbox, turns, crashGuard },
    publish: (topic, published) => alerts.publish(topic, published)
  })
  closers.add({ name: 'notify', withinMs: 3000 }, () => opened.close())

  const handlerHttp = new DeliveryClient(guard, clock)
  const kinds = withDisabled(handlerKinds, alert['disabled-handlers'])
  const alerts = await AlertService.open({
    ...{ ...allowed, db, section, clientUrl, limits, guard, http: handlerHttp, serverId: server.serverId },
    log: log.child({ service: 'alert' }),
    kinds: [...kinds, poolHandler(notify)],
    subscribers: [poolSubscriber(notify, config.notify['from-topics'])],
    persistTopics: alert['persist-topics'],
    ...{ turns, crashGuard }
  })
  knownSecrets.add(() => [...alerts.handlers.secrets, ...notify.configuration.secrets])
  closers.add({ name: 'alerts', withinMs: 4000, stores: true }, () => alerts.close())

  const notifyFiles = new NotifyFiles({
    ...{ folder: config.notify.folder, configuration: notify.configuration, clock },
    reading: { schemas, environment: process.env, files: secretFiles },
    log: log.child({ service: 'config' }),
    onChanges: (changes) => recordFileChanges(audit, config.notify.folder, changes)
  })
  const stopFollowing = followSecretFiles({
    ...{ clock, log: log.child({ service: 'config' }), files: secretFiles, subject: 'filters and routes' },
    takeOver: () => notifyFiles.reload()
  })
  closers.add({ name: 'secrets of routes' }, stopFollowing)
  const handlerTests = handlerServices(serviceTests, kinds, {
    ...{ ...allowed, clock, section, clientUrl, guard, http: handlerHttp },
    log: log.child({ service: 'service-tests' }),
    publish: () => {}
  })
  return { alerts, notify, notifyFiles, crashGuard, turns, handlerTests }
}

/** Counts the crashes at which deliveries were under way. */
function openCrashGuard({ config, log, clock, closers }: Base): CrashGuard {
  const path = join(config.data_dir, 'deliveries.mark')
  const guard = new CrashGuard(CrashMarks.open(path), clock)
  closers.add({ name: 'crash marks' }, () => guard.close())
  if (guard.unmarked.failed > 0) {
    log.error('a crash is not counted for what is delivered then: the file of marks cannot be written', {
      ...{ service: 'alert', file: path }
    })
  }
  if (guard.suspects > 0) {
    log.warn('the server ended without order while it delivered something, which is tried again', {
      ...{ service: 'alert', deliveries: guard.suspects }
    })
  }
  return guard
}

/** What a file says stands in the file: the audit has which ones changed, and when. */
function recordFileChanges(audit: Audit, folder: string, { filters, routes }: ConfigurationChanges): void {
  for (const [kind, { added, changed, removed }] of [['filter', filters] as const, ['route', routes] as const]) {
    const record = (ids: readonly string[], before: unknown, after: unknown): void => {
      for (const id of ids) void audit.record({ actor: `files of ${folder}`, address: '', kind, id, before, after })
    }
    record(added, undefined, {})
    record(changed, {}, {})
    record(removed, {}, undefined)
  }
}
