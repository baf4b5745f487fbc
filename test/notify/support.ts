import type { Alert } from '../../src/notify/alert.ts'

export function alert(change: Partial<Alert> = {}): Alert {
  return {
    from: 'mon',
    date: '2016-11-02T11:23:45.789123+09:00',
    host: 'host1',
    title: 'Disk <full> & more',
    message: '',
    routes: [],
    info: {},
    sub: [],
    stats: {},
    ...change
  }
}
