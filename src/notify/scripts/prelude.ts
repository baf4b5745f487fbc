/**
 * What programs find in QuickJS beside ECMAScript: the objects of kkok. It runs once, before any user's code, and
 * leaves `enter`, `leave` and `explain` to the host; programs can reach none of the three.
 *
 * `ask` is the one function of the host: a name and a JSON text in, a JSON text out.
 *
 * Differs: the language is ECMAScript 2020, where the original has ECMAScript 5 with the regular expressions of RE2.
 * Differs: a condition sees frozen copies; in the original it can change alerts, and some assignments crash it.
 */
export const PRELUDE = `(function (ask) {
  'use strict'
  var parse = JSON.parse, stringify = JSON.stringify, freeze = Object.freeze, keys = Object.keys
  var define = Object.defineProperty, isArray = Array.isArray, hasOwn = Object.prototype.hasOwnProperty
  var has = function (object, name) { return hasOwn.call(object, name) }
  var texts = new WeakMap(), textOf = WeakMap.prototype.get.bind(texts), isTime = WeakMap.prototype.has.bind(texts)
  var hide = function (object, name, value) { define(object, name, { value: value }) }
  var lines = [], room = 4096

  function Time(text) {
    texts.set(this, text)
    freeze(this)
  }
  parse(ask('methods', '')).forEach(function (method) {
    define(Time.prototype, method, { enumerable: true, value: function () {
      var args = []
      for (var i = 0; i < arguments.length; i++) {
        args[i] = isTime(arguments[i]) ? { time: textOf(arguments[i]) } : { value: arguments[i] }
      }
      var answer = parse(ask('time', stringify([method, textOf(this), args])))
      if (answer.error !== undefined) throw new TypeError(answer.error)
      return answer.time === undefined ? answer.value : new Time(answer.time)
    } })
  })
  hide(Time.prototype, 'toString', Time.prototype.String)
  hide(Time.prototype, 'toJSON', function () { return textOf(this) })

  var methods = {
    Clone: function () { return alertOf(parse(stringify(this)), false) },
    SetInfo: function (name, value) { writable(this).Info[name] = value },
    SetStat: function (name, value) { writable(this).Stats[name] = Number(value) },
    String: function () { return '[' + this.From + '@' + this.Host + '] ' + this.Title },
    Validate: function () { return parse(ask('fault', stringify([String(this.From), String(this.Title)]))) || undefined }
  }
  function writable(alert) {
    if (Object.isFrozen(alert)) throw new TypeError('alert is read-only')
    return alert
  }
  function freezeAll(value) {
    if (typeof value !== 'object' || value === null || isTime(value)) return value
    keys(value).forEach(function (name) { freezeAll(value[name]) })
    return freeze(value)
  }
  function withoutNulls(info) {
    keys(info).forEach(function (name) { if (info[name] === null) info[name] = undefined })
    return info
  }
  function sorted(value) {
    if (typeof value !== 'object' || value === null || isTime(value)) return value
    if (isArray(value)) return value.map(sorted)
    var copy = {}
    keys(value).sort().forEach(function (name) { copy[name] = value[name] === undefined ? null : sorted(value[name]) })
    return copy
  }
  function alertJson() {
    var alert = this, copy = {}
    'Date From Host Info Message Routes Stats Sub Title'.split(' ').forEach(function (name) {
      copy[name] = name === 'Sub' ? alert.Sub : sorted(alert[name])
    })
    return copy
  }
  function alertOf(raw, isFrozen) {
    var alert = {
      From: raw.From, Date: new Time(raw.Date), Host: raw.Host, Title: raw.Title, Message: raw.Message,
      Routes: raw.Routes, Info: withoutNulls(raw.Info), Stats: raw.Stats,
      Sub: raw.Sub.map(function (one) { return alertOf(one, isFrozen) }),
      Clone: methods.Clone, SetInfo: methods.SetInfo, SetStat: methods.SetStat, String: methods.String,
      Validate: methods.Validate
    }
    hide(alert, 'toJSON', alertJson)
    return isFrozen ? freezeAll(alert) : alert
  }

  var given, subs
  function editable(raw) {
    subs = raw.Sub.map(function (one) { return alertOf(one, true) })
    return given = {
      From: raw.From, Date: new Date(raw.Millis), Host: raw.Host, Title: raw.Title, Message: raw.Message,
      Routes: raw.Routes, Info: withoutNulls(raw.Info), Stats: raw.Stats, Sub: subs.slice()
    }
  }

  var MAX_DEPTH = 100
  function plain(value, depth) {
    if (typeof value === 'bigint') return String(value)
    if (typeof value === 'symbol' || typeof value === 'function') return {}
    if (typeof value !== 'object' || value === null) return value
    if (isTime(value)) return textOf(value)
    if (depth === MAX_DEPTH) throw new RangeError('the value is nested too deeply')
    if (isArray(value)) {
      var items = []
      for (var i = 0; i < value.length; i++) items[i] = value[i] === undefined ? null : plain(value[i], depth + 1)
      return items
    }
    var copy = {}
    keys(value).forEach(function (name) {
      if (typeof value[name] === 'function' || value[name] === undefined) return
      define(copy, name, { value: plain(value[name], depth + 1), enumerable: true, configurable: true, writable: true })
    })
    return copy
  }
  function edited() {
    var answer = {}
    keys(given).forEach(function (name) {
      if (typeof given[name] === 'function') answer[name] = {}
      else answer[name] = given[name] === undefined ? null : plain(given[name], 0)
    })
    delete answer.Sub
    if (typeof given.Date === 'object' && given.Date !== null && typeof given.Date.toISOString === 'function') {
      answer.Date = { iso: isNaN(given.Date.valueOf()) ? 'Invalid Date' : String(given.Date.toISOString()) }
    }
    var kept = isArray(given.Sub) ? given.Sub.map(function (one) { return subs.indexOf(one) }) : [-1]
    if (kept.indexOf(-1) < 0) answer.Sub = kept
    return answer
  }

  var log = function () {
    var words = []
    for (var i = 0; i < arguments.length; i++) words[i] = String(arguments[i])
    var line = words.join(' ').slice(0, room)
    room -= line.length
    if (line.length > 0) lines.push(line)
  }
  globalThis.console = { log: log, info: log, warn: log, error: log, debug: log }

  return {
    enter: function (subject, json) {
      var raw = parse(json)
      var value = subject === 'edit' ? editable(raw)
        : subject === 'alert' ? alertOf(raw, true)
        : freeze(raw.map(function (one) { return alertOf(one, true) }))
      globalThis[subject === 'alerts' ? 'alerts' : 'alert'] = value
    },
    leave: function (subject, value) {
      if (subject === 'edit') return stringify({ value: edited(), lines: lines })
      if (typeof value === 'number' && !isFinite(value)) return stringify({ number: String(value), lines: lines })
      return stringify({ value: plain(value, 0), lines: lines })
    },
    explain: function (error) {
      var isError = typeof error === 'object' && error !== null && 'message' in error
      var place = isError ? /:(\\d+):(\\d+)\\)?$/m.exec(String(error.stack)) : null
      return stringify({
        message: (isError ? error.name + ': ' + error.message : String(error)).slice(0, 1000),
        place: place === null ? '' : 'Line ' + place[1] + ':' + place[2] + ' ',
        lines: lines
      })
    }
  }
})`
