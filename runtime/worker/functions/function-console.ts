import { Console } from 'node:console';
import { Writable } from 'node:stream';
import type { LogLevel } from '../../kernel/ports/logger.ts';
import { cutLine } from '../../kernel/protocol/log-lines.ts';
import type { FunctionModule } from '../../kernel/functions/module.ts';

/** Takes what functions' consoles write. */
export interface ConsoleSink {
  /** Whether a line would be passed on now; asked before any work is spent on it, and counts it when not. */
  admits(): boolean;
  /** Takes a line, called from within the console's caller; without a module the caller is looked for. Never throws. */
  write(module: FunctionModule | undefined, level: LogLevel, message: string): void;
}

const levels: Readonly<Record<string, LogLevel>> = { debug: 'debug', warn: 'warn', assert: 'warn', error: 'error' };

/**
 * The `console` of one module, or the one that packages share: all of Node's methods, written to the sink line by line
 * under the module's name and revision. Logging never throws into the function, whatever it is given.
 */
export function createConsole(module: FunctionModule | undefined, sink: ConsoleSink): Console {
  let level: LogLevel = 'info';
  const lines = new LineStream((text) => sink.write(module, level, cutLine(text)));
  const base = new Console({ stdout: lines, stderr: lines, ignoreErrors: false, colorMode: false });
  const own: Record<string, (...args: unknown[]) => void> = {};
  for (const [method, write] of Object.entries(base)) {
    if (typeof write !== 'function') continue;
    own[method] = (...args: unknown[]): void => {
      if (!sink.admits()) return;
      const outer = level;
      level = levels[method] ?? 'info';
      try {
        write(...args);
      } catch (error) {
        // Formatting runs user code: `toString`, `inspect.custom`, a `stack` getter.
        lines.write(`[console.${method}() was given a value that throws when it is formatted: ${describe(error)}]`);
      } finally {
        // That user code may log itself, before the line it is shown in is written.
        level = outer;
      }
    };
  }
  return Object.assign(base, own);
}

/** A stream that hands on what is written at once, so that the caller's stack is still there. */
class LineStream extends Writable {
  readonly #take: (text: string) => void;

  constructor(take: (text: string) => void) {
    super();
    this.#take = take;
  }

  override write(chunk: unknown): boolean {
    this.#take(String(chunk).replace(/\n$/, ''));
    return true;
  }
}

function describe(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'an error that cannot be formatted either';
  }
}
