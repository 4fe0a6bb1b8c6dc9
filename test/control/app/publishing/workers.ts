import type { StagedChange, StagingWorkers } from '../../../../runtime/control/app/publishing/deployment.ts';
import type { BuiltChange } from '../../../../runtime/kernel/functions/revision.ts';
import { loadFailed } from '../../../../runtime/worker/functions/source-positions.ts';
import type { FunctionHost } from '../../../worker/functions/host.ts';

/** Workers whose functions run in this process, in a real registry. */
export class InProcessWorkers implements StagingWorkers {
  /** What was asked of them, in order. */
  readonly steps: string[] = [];
  readonly #host: FunctionHost;

  constructor(host: FunctionHost) {
    this.#host = host;
  }

  async stage(id: number, change: BuiltChange, keep: readonly string[]): Promise<StagedChange> {
    const { registry, positions } = this.#host;
    const names = change.functions.map(({ name, revision }) => `${name}#${revision}`).join();
    this.steps.push(`stage ${id} ${names}`);
    const stage = registry.tryOut(change);
    const failed = [...stage.failed()];
    const refused = failed.flatMap(([name, failure]) => (keep.includes(name) ? [] : [failure]));
    if (refused.length > 0) {
      stage.discard();
      throw loadFailed([...new Set(refused)].map((failure) => positions.diagnose(failure)));
    }
    return {
      loadErrors: new Map(failed.map(([name, failure]) => [name, positions.diagnose(failure)])),
      activate: async ({ functions }) => {
        this.steps.push(`activate ${id}`);
        registry.activate(stage, new Map(functions.map(({ name, revision }) => [name, revision])));
      },
      discard: () => {
        this.steps.push(`discard ${id}`);
        stage.discard();
      },
    };
  }
}
