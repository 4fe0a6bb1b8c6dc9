import type { Lifetime } from './lifetime.ts';

/** What a call is part of: log lines and errors carry it. */
export interface CallOrigin {
  readonly requestId: string;
  readonly connectionId?: string | undefined;
}

/** What code that runs inside a call can learn of it. */
export interface CurrentCall {
  /** The name of the function that is called, and its revision; 0 is a draft. */
  readonly function: string;
  readonly revision: number;
  readonly requestId: string | undefined;
  readonly connectionId: string | undefined;
  readonly ended: boolean;
  /** Of what its code starts and leaves running. */
  readonly lifetime: Lifetime;
  /** Runs `callback` when the call ends; at once if it has. Callbacks MUST NOT throw. */
  onEnd(callback: () => void): void;
}

/**
 * - `waiting`: for its turn;
 * - `running`: from its start until its result is dealt with;
 * - `expired`: nobody waits for it any more, and its code may still run;
 * - `ended`: it is over; what it has started may run on, as long as its lifetime does.
 */
export type CallState = 'waiting' | 'running' | 'expired' | 'ended';

/** Code that is evaluated; its revision becomes known when a publish goes live. */
export interface Evaluated {
  readonly name: string;
  readonly revision: number;
}

/** Stands for a call that is over: code that no call has led to, such as a listener of a socket, still belongs to a function. */
export class EndedCall implements CurrentCall {
  readonly function: string;
  readonly revision: number;
  readonly requestId: string;
  readonly connectionId: string | undefined;
  readonly ended = true;
  readonly lifetime: Lifetime;

  constructor({ name, revision }: Evaluated, { requestId, connectionId }: CallOrigin, lifetime: Lifetime) {
    this.function = name;
    this.revision = revision;
    this.lifetime = lifetime;
    this.requestId = requestId;
    this.connectionId = connectionId;
  }

  onEnd(callback: () => void): void {
    callback();
  }
}
