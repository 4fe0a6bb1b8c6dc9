import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe } from 'vitest';
import type { FunctionStore } from '../../runtime/kernel/ports/function-store.ts';
import { adoptions } from './function-store/adopt.ts';
import { batches, commits, expectations } from './function-store/commit.ts';
import { deletions, histories, recompilations } from './function-store/history.ts';
import { concurrency, keptSettings, restarts, settings } from './function-store/keeping.ts';
import { availability, liveRevisions } from './function-store/live.ts';
import { historyLimit, type Place } from './function-store/place.ts';
import { texts } from './function-store/texts.ts';

/**
 * Opens the adapter's store at a place that only this test uses. The same location, opened again
 * after its store was closed, MUST have the same data; a new one MUST be empty. A store is closed
 * by the suite; what locations leave behind is removed by whoever gives this function.
 */
export type OpenStore = (location: string, historyLimit: number) => Promise<FunctionStore>;

/** What every adapter of the port FunctionStore must do; `name` is the adapter's. */
export function functionStoreContract(name: string, open: OpenStore): void {
  describe(`${name} as a FunctionStore`, () => {
    let location = '';
    let store: FunctionStore;

    const place: Place = {
      get store() {
        return store;
      },
      async reopen(limit = historyLimit) {
        await store.close();
        store = await open(location, limit);
        return store;
      },
    };

    beforeEach(async () => {
      location = `test-${randomUUID()}`;
      store = await open(location, historyLimit);
    });

    afterEach(() => store.close());

    commits(place);
    expectations(place);
    batches(place);
    texts(place);
    deletions(place);
    liveRevisions(place);
    availability(place);
    histories(place);
    recompilations(place);
    settings(place);
    keptSettings(place);
    restarts(place);
    concurrency(place);
    adoptions(place);
  });
}
