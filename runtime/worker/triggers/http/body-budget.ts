import { HearthError } from '../../../kernel/errors.ts';
import { type HttpResponse, onceClosed } from './response.ts';

/** Bodies of no more bytes are not counted: the limit for calls bounds them. */
const negligible = 64 * 1024;

/** Part of a worker's memory that the bodies of all requests under way, and what is made of them, may take. */
const part = 1 / 8;

/** What bounds the parsing of one body. */
export interface BodyBounds {
  /** Levels of nesting. */
  readonly depth: number;
  /** Counts memory that what is made of the body will take; throws when there is none left. */
  readonly take: (bytes: number) => void;
  /** Runs work on a large body when that on other large ones is done: the memory that it takes meanwhile is taken once. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Bounds the memory that the bodies of all requests under way take together. */
export class BodyBudget {
  readonly #limit: number;
  readonly #bodyLimit: number;
  #taken = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /** `memory` is the worker's limit, in MB; `bodyLimit` are the bytes that one body may have. */
  constructor(memory: number, bodyLimit: number) {
    // One body of the largest size always fits.
    this.#limit = Math.max(memory * 1024 * 1024 * part, bodyLimit * 2);
    this.#bodyLimit = bodyLimit;
  }

  get taken(): number {
    return this.#taken;
  }

  readonly inTurn: BodyBounds['inTurn'] = (work) => {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  };

  /** Counts bytes until the response has closed. Throws `BODIES_BUSY` when there is no room now, `BODY_TOO_LARGE` when there never is. */
  take(response: HttpResponse, bytes: number): void {
    if (bytes <= negligible) return;
    if (bytes > this.#limit) throw new HearthError('BODY_TOO_LARGE', { limit: this.#bodyLimit });
    if (this.#taken + bytes > this.#limit) throw new HearthError('BODIES_BUSY');
    this.#taken += bytes;
    onceClosed(response, () => (this.#taken -= bytes));
  }
}
