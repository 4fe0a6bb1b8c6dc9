import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import type { CompiledFrame } from '../../../kernel/protocol/watchdog-report.ts';
import type { BuiltFunction } from '../../../kernel/functions/revision.ts';
import type { CrashPlace } from './crash-report.ts';

/** Where in its source a place in compiled code is; without a line when the code at that revision is not known. */
export function toSourcePlace(frame: CompiledFrame, built: BuiltFunction | undefined): CrashPlace {
  const { function: name, revision } = frame;
  if (!built) return { function: name, revision };
  const { line, column } = originalPositionFor(new TraceMap(built.map), { line: frame.line, column: frame.column - 1 });
  return { function: name, revision, ...(line !== null && { line, column: (column ?? 0) + 1 }) };
}

/** `hello.ts:3:9`, as stacks in the log say it. */
export function showPlace({ function: name, line, column }: CrashPlace): string {
  return line === undefined ? `${name}.ts` : `${name}.ts:${line}:${column ?? 1}`;
}
