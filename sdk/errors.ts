/** Why a member of `cloud` cannot do what it is asked to. */
export type CloudErrorCode = 'DATABASE_UNAVAILABLE' | 'STORAGE_UNAVAILABLE';

/** What `cloud` throws when the host lacks what a member needs. The message says how to get it. */
export class CloudError extends Error {
  override readonly name = 'CloudError';
  /** Stable, meant for programs. */
  readonly code: CloudErrorCode;

  constructor(code: CloudErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
