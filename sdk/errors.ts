/** Why a member of `cloud` is not available. */
export type CloudErrorCode = 'DATABASE_UNAVAILABLE' | 'STORAGE_UNAVAILABLE';

/**
 * Thrown by a member of `cloud` if the host lacks what it needs. The message says how to get it.
 *
 * @example
 * try {
 *   return await cloud.mongo.db.collection('notes').countDocuments();
 * } catch (error) {
 *   if (error instanceof CloudError && error.code === 'DATABASE_UNAVAILABLE') return 0;
 *   throw error;
 * }
 */
export class CloudError extends Error {
  override readonly name = 'CloudError';
  /** Stable, meant for programs. */
  readonly code: CloudErrorCode;

  constructor(code: CloudErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
