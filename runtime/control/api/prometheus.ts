import { mapCounters } from '../../kernel/protocol/metrics.ts';
import type { AnswerBody } from './responses.ts';

type Samples = Readonly<Record<string, number | undefined>>;

/** Renders a status in the text exposition format of Prometheus, version 0.0.4. Unknown values are left out. */
export function renderMetrics(status: AnswerBody<'Status'>): string {
  const { counters, diverged, eventLoopDelay: delay, memory, quarantined, store, worker } = status;
  return [
    family('hearth_info', 'gauge', 'The version of the host.', { [label('version', status.version)]: 1 }),
    family('hearth_uptime_seconds', 'gauge', 'Seconds since the host started.', { '': status.uptimeMs / 1000 }),
    family('hearth_functions', 'gauge', 'Live functions.', { '': status.functions }),
    family('hearth_store_up', 'gauge', 'Whether the database that stores the functions can be reached.', { '': store.available ? 1 : 0 }),
    family('hearth_diverged_functions', 'gauge', 'Functions published by other hosts that do not load here.', { '': diverged.length }),
    family('hearth_quarantined_functions', 'gauge', 'Functions that are disabled.', { '': quarantined.length }),
    family('hearth_worker_up', 'gauge', 'Whether a worker is serving.', { '': worker.state === 'serving' ? 1 : 0 }),
    family('hearth_worker_restarts_total', 'counter', 'Workers that ended unexpectedly.', { '': worker.restarts }),
    renderCounters(counters),
    family('hearth_memory_bytes', 'gauge', 'Memory of the processes.', {
      ...memorySamples('control', memory.control),
      ...(memory.worker && memorySamples('worker', memory.worker)),
    }),
    family('hearth_event_loop_delay_seconds', 'gauge', "Delay of the worker's event loop over its last interval.", {
      [label('stat', 'mean')]: seconds(delay?.mean),
      [label('stat', 'p99')]: seconds(delay?.p99),
      [label('stat', 'max')]: seconds(delay?.max),
    }),
  ].join('');
}

function renderCounters(counters: AnswerBody<'Status'>['counters']): string {
  if (!counters) return '';
  return Object.values(mapCounters((name, { family: title, type, help }) => family(title, type, help, { '': counters[name] }))).join('');
}

function family(name: string, type: 'counter' | 'gauge', help: string, samples: Samples): string {
  const lines = Object.entries(samples).filter(([, value]) => value !== undefined);
  if (lines.length === 0) return '';
  const values = lines.map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${values.join('')}`;
}

function memorySamples(process: string, memory: AnswerBody<'Status'>['memory']['control']): Samples {
  return Object.fromEntries(Object.entries(memory).map(([kind, bytes]) => [`${label('process', process)},${label('kind', kind)}`, bytes]));
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

function label(name: string, value: string): string {
  return `${name}="${value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`;
}
