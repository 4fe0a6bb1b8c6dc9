import type { WatchdogReport } from '../../../kernel/protocol/watchdog-report.ts';

type MemoryReport = Extract<WatchdogReport, { readonly type: 'memory' }>;
type DescriptorReport = Extract<WatchdogReport, { readonly type: 'descriptors' }>;

/** What to do about it: something to say, or the reason for which another worker takes over. */
export interface Judgement {
  readonly warn?: string;
  readonly drain?: string;
}

/** Judges a worker that will lack memory or file descriptors soon, and has so many WebSockets. */
export function judgeShortage(report: MemoryReport | DescriptorReport, sockets: number): Judgement {
  if (report.type === 'memory') return { drain: `it is using ${Math.round(report.rss / 1024 ** 2)} MB of memory${suspected(report)}` };
  const said = `${report.open} of ${report.limit} file descriptors are open`;
  // Sockets would come back to the next worker, which has no more room. What leaks, only the next worker is rid of.
  if (sockets < report.open / 2) return { drain: said };
  return { warn: `${said}, ${sockets} for WebSockets. Connections beyond the limit are closed. Raise it (ulimit -n, LimitNOFILE=).` };
}

function suspected({ suspects: [first] }: Extract<WatchdogReport, { type: 'memory' }>): string {
  return first ? `; ${first.function} allocated most of what was sampled` : '';
}
