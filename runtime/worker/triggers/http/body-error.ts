import { HearthError, messageOf } from '../../../kernel/errors.ts';

const tooLarge = ['entity.too.large', 'LIMIT_FILE_SIZE', 'LIMIT_FIELD_VALUE'];
const unsupported = ['encoding.unsupported', 'charset.unsupported'];

/** The error of the catalogue for what body-parser, multer, zlib or the file system says about a body. */
export function toBodyError(error: unknown, limit: number): HearthError {
  if (error instanceof HearthError) return error;
  const kind = field(error, 'type') ?? field(error, 'code') ?? '';
  if (tooLarge.includes(kind)) return new HearthError('BODY_TOO_LARGE', { limit });
  if (unsupported.includes(kind)) return new HearthError('BODY_UNSUPPORTED');
  // Only the host's own files make errors with a system call: the client can do nothing about a full disk.
  if (field(error, 'syscall') !== undefined) return new HearthError('INTERNAL', {}, { cause: error });
  return new HearthError('BODY_INVALID', { reason: messageOf(error) }, { cause: error });
}

function field(error: unknown, name: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : undefined;
}
