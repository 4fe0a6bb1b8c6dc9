import { join } from 'node:path';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { type Diagnostic, HearthError, messageOf } from '../../kernel/errors.ts';
import type { FailedImport, FunctionModule } from '../../kernel/functions/module.ts';
import type { BuiltChange } from '../../kernel/functions/revision.ts';

function stackOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.stack) : '';
  } catch {
    return '';
  }
}

function headlineOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${messageOf(thrown)}` : messageOf(thrown);
  } catch {
    return messageOf(thrown);
  }
}

const hostFrame = /^\s+at .*(?:node:|\/dist\/worker\.js|\/runtime\/(?:worker|kernel|net)\/|\/[^()]*\.ts$)/;

/** A place in a function's source, counted from 1. */
export interface SourcePlace {
  readonly function: string;
  readonly line: number;
  readonly column: number;
}

/** Whether compiled code of a function has this name. */
export function isCompiledName(name: string): boolean {
  return name.startsWith('hearth:');
}

/** A function whose code threw while it loaded. */
export interface FailedLoad {
  readonly module: FunctionModule;
  readonly thrown: unknown;
  readonly failedImport: FailedImport | undefined;
}

/** `LOAD_FAILED` with these diagnostics; the first is its reason. */
export function loadFailed(diagnostics: readonly Diagnostic[], cause?: unknown): HearthError {
  const [first] = diagnostics;
  const more = diagnostics.length > 1 ? ` (${first?.function}, line ${first?.line}, and ${diagnostics.length - 1} more)` : '';
  return new HearthError('LOAD_FAILED', { reason: `${first?.message ?? 'no reason was given'}${more}` }, { cause, diagnostics });
}

/** Code that stands in a file of its own: a function's compiled code, with its function, or a file of a package. */
export interface CodeFile {
  readonly file: string;
  readonly function?: string | undefined;
  readonly revision?: number | undefined;
}

/** The file of the code that a stack names first, past the host, in whose code the stack was taken, and Node. */
export function callingFile(stack: string): CodeFile | undefined {
  const [, first = '', ...rest] = stack.split('\n');
  const host = fileOf(first);
  for (const line of rest) {
    const [compiled, name, revision] = /hearth:([\w./-]+)@(\d+)#\d+/.exec(line) ?? [];
    if (compiled !== undefined) return { file: compiled, function: name, revision: Number(revision) };
    const file = fileOf(line);
    if (file !== undefined && file !== host && !isHostFrame(line)) return { file };
  }
  return undefined;
}

function fileOf(line: string): string | undefined {
  return /(?:\(|at )((?:file:\/\/|\/|[A-Za-z]:\\).+?):\d+:\d+\)?$/.exec(line)?.[1];
}

/** Matches a place in compiled function code, as it stands in stacks. */
const compiledPlace = /hearth:([\w./-]+)@\d+#(\d+):(\d+):(\d+)/g;

/** Matches the name of compiled code, which Node shows as the importer of what it cannot find. */
const compiledName = /hearth:([\w./-]+)@\d+#\d+/g;

/**
 * Knows which source a place in compiled code stands for. Compiled code is named `FOLDER/hearth:NAME@REVISION#N`,
 * N counting what was compiled; source maps are read only when a place is asked for.
 */
export class SourcePositions {
  /** By function name: all compiled code in use, and the last that no longer is, which calls in flight may still run. */
  readonly #sources = new Map<string, readonly CompiledSource[]>();
  readonly #prefix: string;
  #count = 0;

  /** `folder` is where Node looks for packages when code calls `import()` behind the compiler's back. */
  constructor(folder: string) {
    this.#prefix = join(folder, 'hearth:');
  }

  /** Registers compiled code; returns the name of the file to compile it as. */
  register(module: FunctionModule): string {
    const source = new CompiledSource(String(++this.#count), module.built.map);
    const known = this.#sources.get(module.name) ?? [];
    const former = known.find(({ retired }) => retired);
    this.#sources.set(module.name, [source, ...known.filter((one) => !one.retired || one === former)]);
    return `hearth:${module.name}@${module.revision}#${source.id}`;
  }

  /** Says that the code compiled under this file name is no longer in use. */
  retire(filename: string): void {
    const [, name = '', id] = /^hearth:(.*)@\d+#(\d+)$/.exec(filename) ?? [];
    const source = this.#sources.get(name)?.find((candidate) => candidate.id === id);
    if (source) source.retired = true;
  }

  /** The first place in a function's source that the stack names; in the source of `name` alone, when it is given. */
  first(stack: string, name?: string): SourcePlace | undefined {
    for (const match of stack.matchAll(compiledPlace)) {
      if (name !== undefined && match[1] !== name) continue;
      const place = this.#resolve(match);
      if (place) return place;
    }
    return undefined;
  }

  /** The text with positions in sources instead of compiled code (`hello.ts:3:9`), without the host's own stack frames. */
  rewrite(text: string): string {
    const lines = text.replaceAll(this.#prefix, 'hearth:').split('\n');
    const kept = lines.filter((line) => !isHostFrame(line));
    const placed = kept.join('\n').replace(compiledPlace, (...match: string[]) => {
      const place = this.#resolve(match);
      return place ? `${place.function}.ts:${place.line}:${place.column}` : `${match[1]}.ts`;
    });
    return placed.replace(compiledName, '$1.ts');
  }

  /** What a change that threw while loading is refused with: `LOAD_FAILED`, with the place if the stack names one. */
  loadFailure(thrown: unknown, change: BuiltChange): HearthError {
    const at = this.first(stackOf(thrown)) ?? { function: change.functions[0]?.name ?? '', line: 1, column: 1 };
    return loadFailed([{ ...at, message: this.#describe(thrown), lineText: '' }], thrown);
  }

  /**
   * Why a function did not load, and where in it: at the line that its code had reached, or that imports the package
   * which threw. What was thrown elsewhere, by a function that it calls, says so.
   */
  diagnose({ module, thrown, failedImport }: FailedLoad): Diagnostic {
    const { name } = module;
    const stack = stackOf(thrown);
    const imported = failedImport && Object.is(failedImport.thrown, thrown) ? failedImport.stack : '';
    const at = this.first(stack, name) ?? this.first(imported, name) ?? { function: name, line: 1, column: 1 };
    const first = this.first(stack);
    const elsewhere = first && first.function !== name ? ` (thrown in ${first.function}, line ${first.line})` : '';
    return { ...at, message: `${this.#describe(thrown)}${elsewhere}`, lineText: '' };
  }

  #describe(thrown: unknown): string {
    return this.rewrite(headlineOf(thrown));
  }

  #resolve([, name = '', id, line, column]: readonly (string | undefined)[]): SourcePlace | undefined {
    const source = this.#sources.get(name)?.find((candidate) => candidate.id === id);
    const position = source?.original(Number(line), Number(column));
    return position && { function: name, ...position };
  }
}

class CompiledSource {
  readonly id: string;
  retired = false;
  readonly #json: string;
  #map: TraceMap | undefined;

  constructor(id: string, json: string) {
    this.id = id;
    this.#json = json;
  }

  original(line: number, column: number): { line: number; column: number } | undefined {
    this.#map ??= new TraceMap(this.#json);
    const found = originalPositionFor(this.#map, { line, column: column - 1 });
    return found.line === null ? undefined : { line: found.line, column: found.column + 1 };
  }
}

function isHostFrame(line: string): boolean {
  return hostFrame.test(line);
}
