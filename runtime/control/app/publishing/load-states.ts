import type { Diagnostic } from '../../../kernel/errors.ts';
import type { Revision } from '../../../kernel/functions/revision.ts';
import type { LoadReport } from '../../../kernel/protocol/worker-calls.ts';
import { addLineText } from './load-failure.ts';

/** Which live functions do not load: as the workers say, and before they do as the publish left it. */
export class LoadStates {
  readonly #reports = new Map<string, LoadReport>();

  take(report: LoadReport): void {
    this.#reports.set(report.name, report);
  }

  /** Why the revision does not load; undefined when it does, or has not been tried. */
  errorOf({ name, revision, source, loadError }: Revision): Diagnostic | undefined {
    const report = this.#reports.get(name);
    if (report?.revision !== revision) return loadError;
    return report.error === null ? undefined : addLineText(report.error, (failed) => (failed === name ? source : undefined));
  }
}
