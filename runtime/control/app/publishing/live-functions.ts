import type { Builder } from '../../../build/builder.ts';
import { messageOf } from '../../../kernel/errors.ts';
import type { LogLevel } from '../../../kernel/ports/logger.ts';
import type { Revision } from '../../../kernel/functions/revision.ts';
import type { FunctionStore } from '../../../kernel/ports/function-store.ts';

/** The live functions as this host's builder compiles them: after an update, what an older one made is compiled anew and kept. */
export async function readLive(
  store: FunctionStore,
  builder: Builder,
  log: (level: LogLevel, message: string) => void,
): Promise<readonly Revision[]> {
  const live = await store.functions();
  const rebuilt: Revision[] = [];
  const current = await Promise.all(
    live.map(async (revision) => {
      if (revision.compiled.builder === builder.tag) return revision;
      try {
        const { compiled } = await builder.build(revision);
        const renewed = { ...revision, compiled };
        rebuilt.push(renewed);
        return renewed;
      } catch (error) {
        log('warn', `${revision.name} no longer compiles and keeps running its earlier compiled code: ${messageOf(error)}`);
        return revision;
      }
    }),
  );
  if (rebuilt.length > 0) await store.saveCompiled(rebuilt);
  return current;
}
