import { version } from 'esbuild';
import type { Diagnostic } from '../kernel/errors.ts';
import { insertedPrefix } from '../kernel/functions/inserted-text.ts';
import type { Compiled } from '../kernel/functions/revision.ts';
import { buildFailed, fromMessages, placeAt, toDiagnostic } from './build-diagnostics.ts';
import { type Import, findImports } from './imports.ts';
import { instrument, usesInsertedNames } from './instrument.ts';
import { type Mapped, parseCompiled, type Parsed } from './parser.ts';
import { stopCompiler, transform } from './transform.ts';

/** What is compiled: a function's name and its TypeScript or JavaScript. */
export interface BuildInput {
  readonly name: string;
  readonly source: string;
}

export interface Build {
  readonly name: string;
  readonly compiled: Compiled;
  /** The functions that it imports when it is loaded; `missingImports()` says which of them are not there. */
  readonly imports: readonly Import[];
  readonly warnings: readonly Diagnostic[];
}

/** Compiles functions, one after another in the order of the calls: so it is known which source stopped the compiler. */
export interface Builder {
  /** Names the compiler and its settings: what another tag has compiled must be compiled again. */
  readonly tag: string;
  /** Throws `BUILD_FAILED` with diagnostics when the source does not compile. */
  build(input: BuildInput): Promise<Build>;
  /** Starts the compiler, so that the first build does not wait for it. */
  warm(): Promise<void>;
  /** Ends the compiler once the builds begun are done. */
  close(): Promise<void>;
}

// Counts what the output depends on beside esbuild: settings, and what is done before and after it.
const outputVersion = 3;

export interface BuilderOptions {
  /** Milliseconds that the compiler may take for one source. */
  readonly deadline?: number;
  /** Whether loops and functions are guarded (see `guardInsertions()`), so that the host can end those that never would. */
  readonly guards?: boolean;
}

export function createBuilder({ deadline = 10_000, guards = true }: BuilderOptions = {}): Builder {
  const tag = `esbuild@${version}+${outputVersion}${guards ? '+guards' : ''}`;
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
  const build = async (input: BuildInput): Promise<Build> => {
    if (closed) throw new Error('The builder is closed.');
    return inTurn(async () => toBuild(input.name, await compile(input, deadline), { tag, guards }));
  };
  return {
    tag,
    build,
    warm: async () => {
      await build({ name: 'warm', source: 'export default () => {};' });
    },
    close: async () => {
      closed = true;
      await inTurn(stopCompiler);
    },
  };
}

interface Output extends Mapped {
  /** Whether the source has `import` or `export`. */
  readonly isModule: boolean;
  readonly parsed: Parsed | undefined;
  readonly imports: readonly Import[];
  readonly warnings: readonly Diagnostic[];
}

async function compile({ name, source }: BuildInput, deadline: number): Promise<Output> {
  checkText(name, source);
  const text = withoutPrefix(source);
  const transformed = await transform({ name, source: text, loader: 'ts' }, deadline);
  if (!transformed.ok) {
    const diagnostics = fromMessages(name, transformed.errors);
    throw buildFailed((await isJsx({ name, source: text }, deadline)) ? diagnostics.slice(0, 1).map(blameJsx) : diagnostics);
  }
  const isModule = moduleOutput.test(transformed.code);
  const output = isModule ? strict(transformed) : { code: transformed.code, map: transformed.map };
  const warnings = transformed.warnings.filter(({ id }) => id !== supportedWarning);
  const parsed = parseCompiled(output.code);
  const imports = findImports({ name, source: text }, output, parsed);
  return { ...output, isModule, parsed, imports, warnings: fromMessages(name, warnings) };
}

function toBuild(name: string, output: Output, { tag, guards }: { readonly tag: string; readonly guards: boolean }): Build {
  const { code, map, parsed, isModule, imports, warnings } = output;
  const instrumented = parsed && instrument(output, parsed, { guards, isModule });
  const compiled = { code: instrumented?.code ?? code, map: instrumented?.map ?? map, builder: tag };
  const guarded = instrumented !== undefined && parsed?.guardable === true;
  return { name, compiled, imports, warnings: guarded || !guards ? warnings : [...warnings, unguarded(name, code)] };
}

function unguarded(name: string, code: string): Diagnostic {
  const reason = usesInsertedNames(code)
    ? `it uses a name that begins with "${insertedPrefix}"`
    : 'it is nested too deeply, uses `with`, or is written in a way that the host cannot parse';
  const message = `Hearth cannot stop an endless loop in this function without ending the worker: ${reason}.`;
  return toDiagnostic(name, { line: 1, column: 1, lineText: '' }, message);
}

// esbuild doubts `exports.main = …` beside `import`; a good part of Laf's functions are written so, and the loader runs them.
const supportedWarning = 'commonjs-variable-in-esm';

/** Refuses half of a surrogate pair: written as UTF-8 it would silently become another character. */
function checkText(name: string, source: string): void {
  const lone = /\p{Surrogate}/u.exec(source);
  if (lone)
    throw buildFailed([
      toDiagnostic(name, placeAt(source, lone.index), 'Half of a surrogate pair is not a character. Remove it, or write the whole pair.'),
    ]);
}

/** The source without what editors do not count and a function body cannot hold: a byte order mark, a hashbang. */
function withoutPrefix(source: string): string {
  return source.replace(/^\uFEFF/, '').replace(/^#!/, '//');
}

/** Whether the source, which is not TypeScript, would be if JSX were allowed. */
async function isJsx(input: BuildInput, deadline: number): Promise<boolean> {
  return /<\/|\/>/.test(input.source) && (await transform({ ...input, loader: 'tsx' }, deadline)).ok;
}

function blameJsx(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, message: 'JSX is not supported. Return HTML as a string, or build elements with a library.' };
}

// Modules are strict; esbuild leaves the directive out. A script (`exports.main = …` and no import) stays as sloppy as Laf runs it.
const moduleOutput = /^(?:module\.exports = __toCommonJS\(|var \w+ = __toESM\(require\(|var import_\w+ = require\()/m;

function strict({ code, map }: Mapped): Mapped {
  // A semicolon in a source map is a line of the output.
  return { code: `"use strict";\n${code}`, map: map.replace('"mappings": "', '"mappings": ";') };
}
