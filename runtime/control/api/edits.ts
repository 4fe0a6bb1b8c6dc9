import { HearthError } from '../../kernel/errors.ts';
import type { Published } from '../app/publishing/publisher.ts';
import { httpMethods } from './requests.ts';
import type { ApiScope } from './route.ts';

/** Throws `SOURCE_TOO_LARGE` unless the source is within the host's limit. */
export function checkSource(name: string, source: string, limit: number): void {
  // UTF-8 needs at most three bytes for a UTF-16 unit, so that most sources need no count.
  if (source.length * 3 > limit && Buffer.byteLength(source) > limit) throw new HearthError('SOURCE_TOO_LARGE', { name, limit });
}

export function urlOf(scope: ApiScope, name: string): string {
  return `${scope.services.functionsUrl}/${name}`;
}

/** What all answers tell of a published function. */
export function toPublished(scope: ApiScope, published: Published) {
  const { name, revision, diagnostics, loadError } = published;
  return { name, revision, url: urlOf(scope, name), diagnostics, ...(loadError && { loadError }) };
}

export function toMethods(methods: readonly string[] | undefined): (typeof httpMethods)[number][] | null {
  if (methods === undefined) return null;
  return httpMethods.filter((method) => methods.includes(method));
}
