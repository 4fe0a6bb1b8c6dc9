import type { AnswerBody } from '../../runtime/control/api/responses.ts';
import { ApiError, call, type Diagnostic } from '../api/client.ts';
import type { Methods } from './publish-settings.ts';

/** What is wrong with the types of a draft, or of a function that imports it. */
export type Finding = AnswerBody<'Checked'>['diagnostics'][number];

/** What is to go live. */
export interface Edit {
  readonly name: string;
  readonly source: string;
  /** The revision that it is made from: another live one is a conflict. */
  readonly base: number;
  readonly methods?: Methods;
  readonly note?: string;
}

/** What became of a publish. All edits go live together, or none does. */
export type Outcome =
  | { readonly kind: 'live'; readonly edits: readonly LiveEdit[]; readonly tookMs: number }
  /** Something does not compile or load. */
  | {
      readonly kind: 'stopped';
      readonly message: string;
      readonly diagnostics: readonly (Diagnostic | Finding)[];
      /** Whether it compiles, so that it can be published all the same. */
      readonly compiles: boolean;
    }
  /** Types are wrong: it can be published all the same. */
  | { readonly kind: 'types'; readonly edits: readonly Edit[]; readonly findings: readonly Finding[] }
  /** Another revision of this function went live meanwhile, or it was deleted. */
  | { readonly kind: 'conflict'; readonly name: string; readonly deleted: boolean };

/** An edit and the revision that it became. */
export interface LiveEdit extends Edit {
  readonly revision: number;
  /** Why it does not load yet. */
  readonly loadError?: Diagnostic;
}

const checkTime = 5_000;

/** What is looked at before a publish, and whether code goes live that does not load. */
export interface PublishOptions {
  readonly checked: boolean;
  readonly onLoadError?: 'keep';
}

/** Publishes, with `checked` after a look at the types; rejects with an `ApiError` when the host refuses or is away. */
export async function publish(edits: readonly Edit[], { checked, ...options }: PublishOptions): Promise<Outcome> {
  const findings = checked ? await check(edits) : [];
  const broken = findings.filter((one) => isSyntax(one) && edits.some(({ name }) => name === one.function));
  const [first] = broken;
  if (first)
    return { kind: 'stopped', message: `${first.function} does not compile: ${first.message}`, diagnostics: broken, compiles: false };
  if (findings.length > 0) return { kind: 'types', edits, findings };
  try {
    const functions = edits.map(({ name, source, base, methods, note = '' }) => ({
      name,
      source,
      ifRevision: base,
      ...(methods !== undefined && { methods }),
      ...(note !== '' && { note }),
    }));
    const published = await call('PublishedChange', '/v1/publish', { method: 'POST', body: { functions, ...options } });
    const made = new Map(published.functions.map((one) => [one.name, one]));
    return {
      kind: 'live',
      edits: edits.map((edit) => toLive(edit, made.get(edit.name))),
      tookMs: published.tookMs,
    };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 'REVISION_CONFLICT')
      return { kind: 'conflict', name: conflictOf(error, edits), deleted: error.details['current'] === 0 };
    if (error.code !== 'BUILD_FAILED' && error.code !== 'LOAD_FAILED') throw error;
    return { kind: 'stopped', message: error.message, diagnostics: error.diagnostics, compiles: error.code === 'LOAD_FAILED' };
  }
}

function toLive(edit: Edit, made: AnswerBody<'PublishedChange'>['functions'][number] | undefined): LiveEdit {
  const { revision = edit.base, loadError } = made ?? {};
  return { ...edit, revision, ...(loadError && { loadError }) };
}

function conflictOf({ details: { name } }: ApiError, edits: readonly Edit[]): string {
  return typeof name === 'string' ? name : (edits[0]?.name ?? '');
}

// The check is an offer: a host that cannot make it, or not in time, does not hold up a publish.
async function check(edits: readonly Edit[]): Promise<readonly Finding[]> {
  try {
    const body = { functions: edits.map(({ name, source }) => ({ name, source })) };
    const { diagnostics } = await call('Checked', '/v1/check', { method: 'POST', body, signal: AbortSignal.timeout(checkTime) });
    return diagnostics.filter(({ severity }) => severity === 'error');
  } catch {
    return [];
  }
}

// TypeScript numbers what its parser finds from 1002 on, among other things; these are what no build accepts.
const syntax = new Set([1002, 1003, 1005, 1009, 1010, 1011, 1109, 1110, 1121, 1122, 1123, 1124, 1125, 1126, 1127, 1128, 1129, 1130, 1131]);
const moreSyntax = new Set([1132, 1134, 1135, 1136, 1137, 1138, 1139, 1140, 1141, 1155, 1160, 1161, 1180, 1181, 1382, 1434, 1435, 1436]);

function isSyntax({ code }: Finding): boolean {
  return syntax.has(code) || moreSyntax.has(code);
}
