import t from 'tap'
import { maskUrl } from '../../src/core/mask.ts'

const M = '********'

/** A URL, and what is shown of it. */
const urls: readonly (readonly [string, string])[] = [
  ['http://example.com/a/b?c=d', 'http://example.com/a/b?c=d'],
  ['https://user:pass@host:80/', `https://user:${M}@host:80/`],
  ['https://token@host', `https://${M}@host`],
  ['https://u:p@ss@host/x', `https://u:${M}@host/x`],
  ['http://u:pa/s@s@host/x', `http://u:${M}@host/x`],
  ['http://u:p?a#ss@host:80/x?a=b', `http://u:${M}@host:80/x?a=b`],
  ['http://host:80/a@b', 'http://host:80/a@b'],
  ['http://host:/a@b', 'http://host:/a@b'],
  ['http://[::1]:80/a@b', 'http://[::1]:80/a@b'],
  ['http://h/?a=1&access_token=x&b=2#f', `http://h/?a=1&access_token=${M}&b=2#f`],
  ['http://h/?p=x&sig=y&code=', `http://h/?p=${M}&sig=${M}&code=`],
  ['https://hooks.slack.com/services/T0/B0/x', `https://hooks.slack.com/services/${M}/${M}/${M}`],
  ['https://discord.com/api/webhooks/1/ab', `https://discord.com/api/webhooks/${M}/${M}`],
  ['https://api.telegram.org/bot12:ab/sendMessage', `https://api.telegram.org/${M}/${M}`],
  ['https://api.telegram.org/bot', 'https://api.telegram.org/bot'],
  [
    'https://x.webhook.office.com/webhookb2/a/IncomingWebhook/b/c',
    `https://x.webhook.office.com/webhookb2/${M}/${M}/${M}/${M}`
  ],
  ['http://h/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9', `http://h/${M}`],
  ['http://h/{{ .ID }}/{{ index .Tags "a1" }}', 'http://h/{{ .ID }}/{{ index .Tags "a1" }}'],
  [
    'https://events.pagerduty.com/generic/2010-04-15/create_event.json',
    'https://events.pagerduty.com/generic/2010-04-15/create_event.json'
  ],
  ['localhost:162', 'localhost:162'],
  ['u:pass@host:80/x', `u:${M}@host:80/x`],
  ['a@example.com', 'a@example.com'],
  ['', '']
]

for (const [url, shown] of urls)
  t.test(`${url} is shown as ${shown}`, (t) => {
    t.equal(maskUrl(url), shown)
    t.end()
  })
