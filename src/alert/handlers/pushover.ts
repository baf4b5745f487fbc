import * as field from '../../core/fields.ts'
import { t } from '../../graph/spec.ts'
import { defineHandler } from './handler.ts'
import { objectOf, unclear } from './http-service.ts'
import { answerError } from './http-client.ts'
import { option } from './options.ts'
import { serviceOf } from './services.ts'
import { levelText, serviceTest } from './service-test.ts'
import * as sections from './sections.ts'

const PRIORITIES = ['-2', '-1', '0', '1'] as const

export default defineHandler({
  kind: 'pushover',
  goType: '*pushover.HandlerConfig',
  script: {
    hostType: 'PushoverHandler',
    summary: 'Sends the event to Pushover.',
    args: {},
    properties: {
      userKey: t.string('User or group key; default: that of the configuration.'),
      device: t.string('Device; default: all of the user.'),
      title: t.string("Title; default: the application's."),
      uRL: t.string('Supplementary URL.'),
      uRLTitle: t.string('Title of the URL.'),
      sound: t.string("Sound; default: the user's.")
    }
  },
  section: field.section(
    'Service Pushover.',
    {
      enabled: sections.enabled,
      token: field.secret('API token of the Pushover application.'),
      'user-key': field.secret('Key of the user or group that is told.'),
      url: field.target('Address that messages are sent to.', 'https://api.pushover.net/1/messages.json')
    },
    ({ enabled, token, 'user-key': userKey, url }) =>
      enabled
        ? (sections.missing(token === '', 'must specify token') ??
          sections.missing(userKey === '', 'must specify user key') ??
          sections.missing(url === '', 'must specify url') ??
          sections.badUrl(url, 'URL'))
        : undefined
  ),
  options: {
    'user-key': option.secret,
    device: option.string,
    title: option.string,
    url: option.string,
    'url-title': option.string,
    sound: option.string
  },
  open: (options, deps) => ({
    async send({ event: { level, message } }) {
      const service = serviceOf(deps, 'pushover')
      const optional = { device: options.device, title: options.title, url: options.url, sound: options.sound }
      const form = new URLSearchParams({
        ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== '')),
        ...(options['url-title'] === '' ? {} : { url_title: options['url-title'] }),
        message,
        priority: PRIORITIES[level],
        token: service.text('token'),
        user: options['user-key'] || service.text('user-key')
      })
      form.sort()
      const answer = await deps.http.post({
        url: service.text('url'),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: form.toString()
      })
      if (answer.status === 200) return
      const { error, errors } = objectOf(answer.body) ?? {}
      if (typeof error === 'string' && error !== '') throw answerError(answer, error)
      throw answerError(
        answer,
        unclear('Pushover', answer.status, Array.isArray(errors) ? errors.join(', ') : answer.body)
      )
    }
  }),
  test: serviceTest({
    options: () => ({
      'user-key': '',
      message: 'test pushover message',
      device: '',
      title: '',
      url: '',
      'url-title': '',
      sound: '',
      level: levelText('CRITICAL')
    }),
    delivery: ({ message, level, ...options }) => ({ options, event: { message, level } })
  })
})
