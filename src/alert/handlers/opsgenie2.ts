import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import type { AlertEvent } from '../../model/event.ts'
import { levelName } from '../../model/level.ts'
import { defineHandler } from './handler.ts'
import { addressBelow, objectOf, postJson } from './http-service.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { listOrNull, serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

const PRIORITIES = ['', 'P5', 'P3', 'P1'] as const

export default defineHandler({
  kind: 'opsgenie2',
  goType: '*opsgenie2.HandlerConfig',
  script: {
    name: 'opsGenie2',
    hostType: 'OpsGenie2Handler',
    summary: 'Sends the event to OpsGenie (API v2).',
    args: {},
    properties: {
      teams: t.list(t.string('Teams; default: those of the configuration.')),
      recipients: t.list(t.string('Recipients; default: those of the configuration.')),
      recoveryAction: t.string('What a recovery does: `notes` or `close`.'),
      details: t.flag("The description is the event's details instead of its data.")
    }
  },
  section: field.section(
    'Service OpsGenie, API version 2.',
    {
      enabled: sections.enabled,
      'api-key': field.secret('API key of OpsGenie.'),
      teams: field.texts('Teams of alerts that name none.'),
      recipients: field.texts('Recipients of alerts that name none.'),
      url: field.target('Address that alerts are sent to.', 'https://api.opsgenie.com/v2/alerts'),
      recovery_action: field.text('What a recovery does with the alert: notes or close.', 'notes'),
      ...sections.everywhere,
      details: field.flag('Makes the details of the event the description of the alert, instead of its data.')
    },
    ({ enabled, 'api-key': key, url, recovery_action }) =>
      sections.missing(url === '', 'url cannot be empty') ??
      sections.missing(recovery_action === '', 'recovery_action cannot be empty') ??
      sections.badUrl(url, 'URL') ??
      sections.missing(enabled && key === '', 'api-key cannot be empty')
  ),
  options: {
    'teams-list': option.strings,
    'recipients-list': option.strings,
    recovery_action: option.string,
    details: option.bool
  },
  fromScript: ({ teams, recipients }) => ({ 'teams-list': teams, 'recipients-list': recipients }),
  open: (options, deps) => ({
    async send({ event }) {
      const service = serviceOf(deps, 'opsgenie2')
      const alias = aliasOf(event.id)
      const url = service.text('url')
      const action = [options.recovery_action, service.text('recovery_action')].find(isAction) ?? 'notes'
      const responders = [
        ...(service.listOr('teams', options['teams-list']) ?? []).map((name) => ({ name, type: 'team' })),
        ...(service.listOr('recipients', options['recipients-list']) ?? []).map((username) => ({
          type: 'user',
          username
        }))
      ]
      await postJson(deps, {
        service: 'OpsGenie',
        headers: { Authorization: `GenieKey ${service.text('api-key')}` },
        ...(event.level === 0
          ? {
              url: `${addressBelow(url, alias, action).replace(/\?.*$/s, '')}?identifierType=alias`,
              body: { note: event.message }
            }
          : {
              url,
              body: {
                alias,
                // Differs: the script's .details() counts; Kapacitor looks at the configuration alone.
                description:
                  (options.details || service.flag('details')) && event.details !== '' ? event.details : event.dataJson,
                details: detailsOf(event),
                entity: event.id,
                message: event.message,
                note: '',
                priority: PRIORITIES[event.level],
                responders: responders.length === 0 ? undefined : responders
              }
            }),
        accepts: [202],
        reason: 'message',
        explain: (reason) => `opsgenie error: ${reason}`
      })
    }
  }),
  test: serviceTest({
    options: (section) => ({
      teams: listOrNull(section.texts('teams')),
      recipients: listOrNull(section.texts('recipients')),
      recovery_action: section.text('recovery_action'),
      'message-type': 'CRITICAL',
      message: 'test opsgenie message',
      'entity-id': 'testEntityID'
    }),
    delivery: ({ teams, recipients, recovery_action, 'message-type': type, message, 'entity-id': id }) => ({
      options: { 'teams-list': teams, 'recipients-list': recipients, recovery_action },
      event: { id, message, level: type === 'RECOVERY' ? 'OK' : type }
    })
  })
})

function isAction(action: string): boolean {
  return action === 'notes' || action === 'close'
}

function aliasOf(id: string): string {
  return Buffer.from(id).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

/** Details of an event, with the tags of the first series; what it calls the task's name is the measurement. */
function detailsOf({ name, level, dataJson }: AlertEvent): ReadonlyMap<string, unknown> {
  const series = objectOf(dataJson)?.['series'] as readonly { readonly tags?: Record<string, string> }[] | null
  return new Map<string, unknown>([
    ...Object.entries(series?.[0]?.tags ?? {}),
    ['Kapacitor Task Name', name],
    ['Level', levelName(level)],
    ['Monitoring Tool', 'Kapacitor']
  ])
}
