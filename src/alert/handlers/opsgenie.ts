import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { levelName } from '../../model/level.ts'
import { defineHandler } from './handler.ts'
import { postJson } from './http-service.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { listOrNull, serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

export default defineHandler({
  kind: 'opsgenie',
  goType: '*opsgenie.HandlerConfig',
  script: {
    name: 'opsGenie',
    hostType: 'OpsGenieHandler',
    summary: 'Sends the event to OpsGenie (API v1).',
    args: {},
    properties: {
      teams: t.list(t.string('Teams; default: those of the configuration.')),
      recipients: t.list(t.string('Recipients; default: those of the configuration.'))
    }
  },
  section: field.section(
    'Service OpsGenie, API version 1.',
    {
      enabled: sections.enabled,
      'api-key': field.secret('API key of OpsGenie.'),
      teams: field.texts('Teams of alerts that name none.'),
      recipients: field.texts('Recipients of alerts that name none.'),
      url: field.target('Address that alerts are sent to.', 'https://api.opsgenie.com/v1/json/alert'),
      recovery_url: field.target('Address that recoveries are sent to.', 'https://api.opsgenie.com/v1/json/alert/note'),
      ...sections.everywhere
    },
    ({ enabled, 'api-key': key, url, recovery_url }) =>
      sections.missing(url === '', 'url cannot be empty') ??
      sections.missing(recovery_url === '', 'recovery_url cannot be empty') ??
      sections.badUrl(url, 'URL') ??
      sections.badUrl(recovery_url, 'recovery_url') ??
      sections.missing(enabled && key === '', 'api-key cannot be empty')
  ),
  options: { 'teams-list': option.strings, 'recipients-list': option.strings },
  fromScript: ({ teams, recipients }) => ({ 'teams-list': teams, 'recipients-list': recipients }),
  open: (options, deps) => ({
    async send({ event: { id, level, message, dataJson } }) {
      const service = serviceOf(deps, 'opsgenie')
      const isRecovery = level === 0
      await postJson(deps, {
        service: 'OpsGenie',
        url: `${service.text(isRecovery ? 'recovery_url' : 'url')}/`,
        body: {
          alias: id,
          apiKey: service.text('api-key'),
          description: dataJson,
          details: { Level: isRecovery ? 'RECOVERY' : levelName(level), 'Monitoring Tool': 'Kapacitor' },
          entity: id,
          message,
          monitoring_tool: 'kapacitor',
          note: isRecovery ? message : '',
          recipients: service.listOr('recipients', options['recipients-list']),
          teams: service.listOr('teams', options['teams-list'])
        },
        accepts: [200],
        reason: 'message'
      })
    }
  }),
  test: serviceTest({
    options: (section) => ({
      teams: listOrNull(section.texts('teams')),
      recipients: listOrNull(section.texts('recipients')),
      'message-type': 'CRITICAL',
      message: 'test opsgenie message',
      'entity-id': 'testEntityID'
    }),
    delivery: ({ teams, recipients, 'message-type': type, message, 'entity-id': id }) => ({
      options: { 'teams-list': teams, 'recipients-list': recipients },
      event: { id, message, level: type === 'RECOVERY' ? 'OK' : type }
    })
  })
})
