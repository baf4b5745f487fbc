import { createContext, Script as VmScript } from 'node:vm'
import { runClosure } from '../../src/notify/expression/closure.ts'
import { dateMethods } from '../../src/notify/expression/date-methods.ts'
import type { AlertView, Script, ScriptOutcome, ScriptProgram, ScriptRunner } from '../../src/notify/expression.ts'

/** Runs programs in this thread, without limits: for tests of what is around them. */
export const vmRunner: ScriptRunner = {
  prepare(program) {
    return Promise.resolve(new VmProgram(program))
  }
}

class VmProgram implements Script {
  readonly #program: ScriptProgram

  constructor(program: ScriptProgram) {
    this.#program = program
  }

  run(alerts: readonly AlertView[]): Promise<readonly ScriptOutcome[]> {
    const { subject } = this.#program
    if (subject === 'alerts') return Promise.resolve([this.#run('alerts', alerts.map(hostObject))])
    if (subject === 'alert') return Promise.resolve(alerts.map((alert) => this.#run('alert', hostObject(alert))))
    return Promise.resolve(
      alerts.map((alert) => {
        const given = editable(alert)
        const Sub = [...given.Sub]
        const outcome = this.#run('alert', given)
        return outcome.ok ? { ok: true, value: edited(given, Sub) } : outcome
      })
    )
  }

  #run(name: string, subject: unknown): ScriptOutcome {
    const context = createContext({ [name]: subject })
    return runClosure(() => {
      for (const { source } of this.#program.scripts) new VmScript(source).runInContext(context)
      try {
        return new VmScript(this.#program.source).runInContext(context) as unknown
      } catch (error) {
        // It is of the other realm.
        throw new Error(String(error), { cause: error })
      }
    }, [])
  }
}

function hostObject(alert: AlertView): unknown {
  const date = Object.fromEntries([...dateMethods].map(([name, method]) => [name, () => method(alert.Date)]))
  const info = Object.entries(alert.Info).map(([name, value]) => [name, value ?? undefined])
  return { ...alert, Date: date, Info: Object.fromEntries(info) as unknown, Sub: alert.Sub.map(hostObject) }
}

function editable(alert: AlertView) {
  return { ...structuredClone(alert), Date: new Date(alert.Date) as unknown, Sub: alert.Sub.map(hostObject) }
}

function edited(alert: ReturnType<typeof editable>, subs: readonly unknown[]): unknown {
  const { Date: date, Sub } = alert
  const isDate = typeof (date as Date | undefined)?.toISOString === 'function'
  const kept = Array.isArray(Sub) ? Sub.map((one) => subs.indexOf(one)) : [-1]
  return {
    ...alert,
    Date: isDate ? { iso: (date as Date).toISOString() } : date,
    Sub: kept.includes(-1) ? undefined : kept
  }
}
