import { benchBroadcast } from './broadcast.ts';
import { benchGuards } from './guards.ts';
import { benchHttpPeers } from './http-peers.ts';
import { benchLatency } from './latency.ts';
import { benchNodes } from './nodes.ts';
import { benchPublishGrowth } from './publish-growth.ts';
import { benchPublish } from './publish.ts';
import { benchReload } from './reload.ts';
import { type Figure, type Scale, toTable } from './report.ts';
import { benchSockets } from './sockets.ts';
import { benchStart } from './start.ts';
import { benchTakeover } from './takeover.ts';
import { benchHttp, benchWs } from './throughput.ts';
import { benchWsPeers } from './ws-peers.ts';

/** In the order in which they run when none is named. */
const benchmarks: ReadonlyMap<string, (scale: Scale) => Promise<readonly Figure[]>> = new Map([
  ['publish', benchPublish],
  ['publish-growth', benchPublishGrowth],
  ['start', benchStart],
  ['reload', benchReload],
  ['sockets', benchSockets],
  ['takeover', benchTakeover],
  ['http', benchHttp],
  ['ws', benchWs],
  ['latency', benchLatency],
  ['broadcast', benchBroadcast],
  ['guards', benchGuards],
  ['nodes', benchNodes],
  ['http-peers', benchHttpPeers],
  ['ws-peers', benchWsPeers],
]);

const usage = `npm run bench -- [${[...benchmarks.keys()].join('|')}] … [--quick]`;

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
    ...[...options].filter((option) => !/^--(quick|tiny|json)$/.test(option)),
  ];
  if (unknown.length > 0) {
    console.error(`There is no ${unknown.join(', ')}. ${usage}`);
    return;
  }
  for (const [name, run] of benchmarks) {
    if (named.length > 0 && !named.includes(name)) continue;
    try {
      const figures = await run(scaleOf(options));
      console.log(options.has('--json') ? JSON.stringify({ benchmark: name, figures }) : toTable(name, figures));
    } catch (error) {
      // A benchmark says how things are, it does not judge: the others still run, and the exit code is 0.
      console.error(`${name} could not be measured:`, error);
    }
  }
}

await main(process.argv.slice(2));
