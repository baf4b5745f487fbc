import { join } from 'node:path'
import type { AlertService } from '../alert/service.ts'
import { nodes } from '../nodes/index.ts'
import { Archives } from '../recordings/archives.ts'
import { Backtests } from '../recordings/backtest.ts'
import { ReplayService } from '../recordings/replays.ts'
import { RecordingService } from '../recordings/service.ts'
import { RecordingStore } from '../store/recordings.ts'
import { ReplayStore } from '../store/replays.ts'
import { Catalog } from '../tasks/catalog.ts'
import { Compiler } from '../tasks/compiler.ts'
import { TaskService } from '../tasks/service.ts'
import { TemplateService } from '../tasks/templates.ts'
import type { Base } from './base.ts'
import type { RunningEngine } from './engine.ts'

export interface Tasks {
  readonly tasks: TaskService
  readonly templates: TemplateService
  readonly recordings: RecordingService
  readonly replays: ReplayService
  readonly backtests: Backtests
}

/** Tasks and templates, and what records and replays them. None runs yet. */
export async function openTasks(
  { config, log, clock, db, closers }: Base,
  { pool, replayEvents, clusters, globals }: RunningEngine,
  alerts: AlertService
): Promise<Tasks> {
  const catalog = await Catalog.open(db, log.child({ service: 'task_store' }))
  const compiler = new Compiler(nodes, config.deadman)
  const tasks = new TaskService({ catalog, compiler, clock, log, runner: pool.tasks, topics: alerts, globals })
  const templates = new TemplateService(catalog, compiler, tasks, clock)
  const archives = new Archives(join(config.data_dir, 'recordings'), config.recordings['max-bytes'] || Infinity, log)
  const recordings = await RecordingService.open({
    store: new RecordingStore(db),
    recorders: pool.jobs,
    timeZone: config.batch['time-zone'],
    ...{ clusters, archives, tasks, clock, log }
  })
  closers.add({ name: 'recordings', withinMs: 2000 }, () => recordings.close())
  const common = { recordings, archives, tasks, shards: pool.jobs, events: replayEvents, globals }
  const replays = await ReplayService.open({
    store: new ReplayStore(db),
    topics: () => alerts.replayTopics(),
    ...{ ...common, clock, log }
  })
  closers.add({ name: 'replays', withinMs: 2000 }, () => replays.close())
  return { tasks, templates, recordings, replays, backtests: new Backtests(common) }
}
