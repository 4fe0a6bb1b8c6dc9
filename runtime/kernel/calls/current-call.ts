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
  readonly requestId: string;
  readonly connectionId: string | undefined;
  readonly ended: boolean;
  /** Runs `callback` when the call ends; at once if it has. Callbacks MUST NOT throw. */
  onEnd(callback: () => void): void;
}

/**
 * - `waiting`: for its turn;
 * - `running`: from its start until its result is dealt with;
 * - `expired`: nobody waits for it any more, and its code may still run;
 * - `ended`: it is over; what it started itself has lost its owner.
 */
export type CallState = 'waiting' | 'running' | 'expired' | 'ended';

/** Stands for a call that is over: code that no call has led to, such as a listener of a socket, still belongs to a function. */
export class EndedCall implements CurrentCall {
  readonly function: string;
  readonly revision: number;
  readonly requestId: string;
  readonly connectionId: string | undefined;
  readonly ended = true;

  constructor(name: string, revision: number, { requestId, connectionId }: CallOrigin) {
    this.function = name;
    this.revision = revision;
    this.requestId = requestId;
    this.connectionId = connectionId;
  }

  onEnd(callback: () => void): void {
    callback();
  }
}
