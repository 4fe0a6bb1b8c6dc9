import { benchBroadcast } from './broadcast.ts';
import { benchCrowd } from './crowd.ts';
import { benchGuards } from './guards.ts';
import { benchHttp } from './http.ts';
import { benchLatency } from './latency.ts';
import { benchNodes } from './nodes.ts';
import { benchPublishGrowth } from './publish-growth.ts';
import { benchPublish } from './publish.ts';
import { benchPush } from './push.ts';
import { docs, record } from './record.ts';
import { benchReload } from './reload.ts';
import { type Figure, type Scale, toTable } from './report.ts';
import { benchStart } from './start.ts';
import { benchTakeover } from './takeover.ts';
import { benchWs } from './ws.ts';

/** In the order in which they run when none is named. */
const benchmarks: ReadonlyMap<string, (scale: Scale) => Promise<readonly Figure[]>> = new Map([
  ['publish', benchPublish],
  ['publish-growth', benchPublishGrowth],
  ['start', benchStart],
  ['reload', benchReload],
  ['crowd', benchCrowd],
  ['takeover', benchTakeover],
  ['http', benchHttp],
  ['ws', benchWs],
  ['latency', benchLatency],
  ['push', benchPush],
  ['broadcast', benchBroadcast],
  ['guards', benchGuards],
  ['nodes', benchNodes],
]);

const usage = `npm run bench -- [${[...benchmarks.keys()].join('|')}] … [--quick] [--record]`;

function scaleOf(options: ReadonlySet<string>): Scale {
  // `--tiny` only shows that everything works; its figures say nothing about speed.
  if (options.has('--tiny')) return 'tiny';
  return options.has('--quick') ? 'quick' : 'full';
}

async function main(args: readonly string[]): Promise<void> {
  const options = new Set(args.filter((arg) => arg.startsWith('--')));
  const named = args.filter((arg) => !arg.startsWith('--'));
  const unknown = [
    ...named.filter((name) => !benchmarks.has(name)),
    ...[...options].filter((option) => !/^--(quick|tiny|json|record)$/.test(option)),
  ];
  if (unknown.length > 0) {
    console.error(`There is no ${unknown.join(', ')}. ${usage}`);
    return;
  }
  // A whole run is what the page is for; parts of it, or a shorter one, only when asked.
  const isRecorded = options.has('--record') || (named.length === 0 && scaleOf(options) === 'full');
  for (const [name, run] of benchmarks) {
    if (named.length > 0 && !named.includes(name)) continue;
    try {
      const begun = performance.now();
      const figures = await run(scaleOf(options));
      const title = `${name}, ${Math.round((performance.now() - begun) / 1_000)} s`;
      if (isRecorded) record(name, figures, docs);
      console.log(options.has('--json') ? JSON.stringify({ benchmark: name, figures }) : toTable(title, figures));
    } catch (error) {
      // A benchmark says how things are, it does not judge: the others still run, and the exit code is 0.
      console.error(`${name} could not be measured:`, error);
    }
  }
}

await main(process.argv.slice(2));
