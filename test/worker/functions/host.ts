import { type Builder, createBuilder } from '../../../runtime/build/builder.ts';
import type { Calls } from '../../../runtime/kernel/calls/calls.ts';
import type { LogLevel } from '../../../runtime/kernel/ports/logger.ts';
import type { Instantiate } from '../../../runtime/kernel/functions/module.ts';
import { Registry } from '../../../runtime/kernel/functions/registry.ts';
import type { BuiltFunction } from '../../../runtime/kernel/functions/revision.ts';
import type { ConsoleSink } from '../../../runtime/worker/functions/function-console.ts';
import type { Packages } from '../../../runtime/worker/functions/packages.ts';
import { createLoader } from '../../../runtime/worker/functions/loader.ts';
import { Disposals } from '../../../runtime/worker/functions/disposals.ts';
import { ProcessEvents } from '../../../runtime/worker/functions/process-events.ts';
import { SourcePositions } from '../../../runtime/worker/functions/source-positions.ts';
import { Pulse } from '../../../runtime/worker/watchdog/pulse.ts';
import { createCalls, FakeCall } from '../calls.ts';
import { defaultLimits } from '../../limits.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** One line that a function's console wrote. */
export interface Line {
  readonly function: string;
  readonly level: LogLevel;
  readonly message: string;
}

/** The real builder, loader and registry, without the processes around them. */
export interface FunctionHost {
  readonly builder: Builder;
  readonly registry: Registry;
  readonly positions: SourcePositions;
  readonly calls: Calls;
  readonly lines: Line[];
  readonly sdk: object;
  /** A test may replace how they load. */
  readonly packages: Writable<Packages>;
  readonly instantiate: Instantiate;
  build(sources: Readonly<Record<string, string>>): Promise<BuiltFunction[]>;
  /** Builds, stages and activates functions together. */
  publish(sources: Readonly<Record<string, string>>): Promise<void>;
  exports(name: string): Record<string, unknown>;
  /** Calls the live function as a call of its own, which the caller ends. */
  call(name: string, context?: unknown): { answer: unknown; invocation: FakeCall };
  close(): Promise<void>;
}

/** Packages that are not there: what is asked for is named. */
export function namedPackages(): Writable<Packages> {
  return {
    dir: '/packages',
    require: (id) => `package ${id}`,
    resolve: (id) => `/packages/${id}.js`,
    importNow: (id) => `package ${id}`,
    importer: () => async (id) => ({ default: `package ${id}` }),
    serve: () => () => {},
    resolveImport: (id) => `file:///packages/${id}.js`,
  };
}

/** `wrap` may watch or replace what the loader makes. */
export function createFunctionHost(wrap: (instantiate: Instantiate) => Instantiate = (instantiate) => instantiate): FunctionHost {
  const builder = createBuilder();
  const positions = new SourcePositions('/packages');
  const calls = createCalls();
  const lines: Line[] = [];
  const pulse = new Pulse(calls, defaultLimits);
  const sdk = { cloud: 'the cloud' };
  const packages = namedPackages();
  const console: ConsoleSink = {
    admits: () => true,
    write: (module, level, message) => void lines.push({ function: module?.name ?? '', level, message }),
  };
  const processEvents = new ProcessEvents({ calls, failed: () => {} });
  const disposals = new Disposals({
    calls,
    failed: (thrown) => lines.push({ function: 'dispose()', level: 'error', message: String(thrown) }),
  });
  const instantiate = wrap(createLoader({ calls, positions, pulse, console, processEvents, disposals, packages, sdk }));
  const registry = new Registry(instantiate);
  const build = (sources: Readonly<Record<string, string>>): Promise<BuiltFunction[]> =>
    Promise.all(
      Object.entries(sources).map(async ([name, source]) => {
        const { compiled } = await builder.build({ name, source });
        return { name, revision: (registry.get(name)?.revision ?? 0) + 1, methods: undefined, code: compiled.code, map: compiled.map };
      }),
    );
  const moduleOf = (name: string) => {
    const module = registry.get(name);
    if (!module) throw new Error(`there is no ${name}`);
    return module;
  };
  return {
    builder,
    registry,
    positions,
    calls,
    lines,
    sdk,
    packages,
    instantiate,
    build,
    publish: async (sources) => {
      const functions = await build(sources);
      const stage = registry.stage({ functions, deleted: [] });
      registry.activate(stage, new Map(functions.map(({ name, revision }) => [name, revision])));
    },
    exports: (name) => Object(registry.exports(moduleOf(name))),
    call: (name, context) => {
      const module = moduleOf(name);
      const invocation = new FakeCall(name, module.revision);
      return { answer: calls.within(invocation, () => calls.invoke(registry, module, context), undefined), invocation };
    },
    close: async () => {
      registry.close();
      await builder.close();
    },
  };
}

/** What a call throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
