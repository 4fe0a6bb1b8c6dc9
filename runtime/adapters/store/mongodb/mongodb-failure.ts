import {
  MongoBulkWriteError,
  MongoCompatibilityError,
  MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
  type TopologyDescription,
} from 'mongodb';
import { messageOf } from '../../../kernel/errors.ts';

/** What is said of a database: nothing in it is secret. */
export type Conceal = (text: string) => string;

/**
 * Creates a function that takes the credentials of a connection string out of a text: its user, its password and
 * whatever stands in its options, as written and as decoded.
 */
export function createConceal(uri: string): Conceal {
  const start = uri.indexOf('://') + 1;
  const login = uri.slice(start === 0 ? 0 : start + 2, Math.max(0, uri.lastIndexOf('@')));
  const options = uri.includes('?') ? uri.slice(uri.indexOf('?') + 1) : '';
  const values = options.split('&').flatMap((option) => option.slice(option.indexOf('=') + 1).split(/[:,]/));
  // Short ones would blot out words; a password is longer, or is in vain.
  const secrets = [uri, login, ...login.split(':'), ...values.filter((value) => value.length > 7)].flatMap((text) => [text, decoded(text)]);
  const known = [...new Set(secrets)].filter((text) => text.length > 2).toSorted((a, b) => b.length - a.length);
  return (text) => known.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

/** The text without its percent-encoding; as it is where that is malformed. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Why a database does not respond, as a sentence. */
export function reasonOf(error: unknown, conceal: Conceal): string {
  if (hasCode(error, refusals)) return 'it rejects the user or the password in MONGODB_URI.';
  if (error instanceof MongoServerSelectionError && error.reason) return reasonOfTopology(error.reason, conceal);
  return toSentence(conceal(messageOf(error)));
}

/** What keeps this set of servers from having a primary, as a sentence. */
export function reasonOfTopology(topology: TopologyDescription, conceal: Conceal): string {
  const [first] = topologyErrors(topology);
  if (first !== undefined) return toSentence(conceal(first));
  const types = Array.from(topology.servers.values(), ({ type }) => type);
  return types.includes('RSGhost') ? 'its replica set has not been initiated yet.' : 'it has no primary at the moment.';
}

function topologyErrors(topology: TopologyDescription): string[] {
  return Array.from(topology.servers.values(), ({ error }) => (error ? messageOf(error) : '')).filter((text) => text !== '');
}

function toSentence(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

/**
 * Codes of MongoDB's servers that say that this member cannot serve at this moment: the retryable ones
 * of MongoDB's specification of retryable reads, and those of time limits and waits for a majority.
 */
const absences: ReadonlySet<number> = new Set([
  6, 7, 50, 64, 79, 89, 91, 94, 134, 189, 202, 262, 9001, 10058, 10107, 11600, 11602, 13388, 13435, 13436,
]);
/** Unauthorized, AuthenticationFailed, and what Atlas returns in place of the latter. */
const refusals: ReadonlySet<number> = new Set([13, 18, 8000]);
/** LockTimeout, SnapshotUnavailable, SnapshotTooOld, WriteConflict, NoSuchTransaction, DuplicateKey: another try may do. */
const conflicts: ReadonlySet<number> = new Set([24, 112, 239, 246, 251, 11000]);
/** What MongoDB says of a token of a change stream that it cannot resume after. */
const staleTokens: ReadonlySet<number> = new Set([136, 234, 260, 280, 286]);

function hasCode(error: unknown, codes: ReadonlySet<number>): boolean {
  return error instanceof MongoServerError && typeof error.code === 'number' && codes.has(error.code);
}

/** Whether the error says that the database could not be reached, rather than that it was asked for nonsense. */
export function isAbsence(thrown: unknown): boolean {
  const error = toOrigin(thrown);
  if (isBroken(error)) return true;
  if (!(error instanceof MongoError)) return false;
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (['RetryableWriteError', 'TransientTransactionError', 'UnknownTransactionCommitResult'].some((label) => error.hasErrorLabel(label))) {
    return true;
  }
  return hasCode(error, absences) || error.name === 'MongoTopologyClosedError' || error.name === 'MongoServerClosedError';
}

/** An error of the connection that the driver reports as if it were the server's response to a bulk write. */
function toOrigin(error: unknown): unknown {
  return error instanceof MongoBulkWriteError && error.errorResponse instanceof Error ? error.errorResponse : error;
}

/** Whether it is an error of a socket as Node throws it: the driver passes those on that end a long write. */
function isBroken(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof MongoError) return false;
  return 'syscall' in error || ('code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED'));
}

/** Whether the user or the password is not accepted, or may not do what a store does. */
export function isRefusal(error: unknown): boolean {
  return hasCode(error, refusals);
}

/** Whether the server is of a version that the driver does not speak to. */
export function isTooOld(error: unknown): boolean {
  return error instanceof MongoCompatibilityError;
}

/** Whether a transaction came to nothing because of another or of its connection, so that a new try may do. */
export function isConflict(thrown: unknown): boolean {
  const error = toOrigin(thrown);
  if (isBroken(error)) return true;
  return hasCode(error, conflicts) || (error instanceof MongoError && error.hasErrorLabel('TransientTransactionError'));
}

/** Whether a transaction writes more than the server holds in memory: TransactionTooLargeForCache, which older ones only say in words. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof MongoServerError && (error.code === 388 || error.message.includes('transaction is too large'));
}

/** Whether nobody knows if the transaction was committed; it may be committed again to find out. */
export function isUnknownCommit(error: unknown): boolean {
  return isBroken(error) || (error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult'));
}

/** Whether a change stream cannot go on after the place that it was at. */
export function isStaleToken(error: unknown): boolean {
  return hasCode(error, staleTokens);
}
