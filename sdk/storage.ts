import type { Readable } from 'node:stream';

/** A file as `readFile()` answers it: S3's reply. */
export interface StoredFile {
  /** The content; `transformToString()`, `transformToByteArray()` and `transformToWebStream()` read it whole. */
  Body: Readable & {
    transformToString(encoding?: string): Promise<string>;
    transformToByteArray(): Promise<Uint8Array>;
    transformToWebStream(): ReadableStream;
  };
  ContentType?: string;
  /** Bytes. */
  ContentLength?: number;
  LastModified?: Date;
  ETag?: string;
  Metadata?: Record<string, string>;
  [member: string]: any;
}

/** A page of a listing as `listFiles()` answers it: S3's reply. */
export interface StoredFileList {
  Contents?: { Key?: string; Size?: number; LastModified?: Date; ETag?: string; [member: string]: any }[];
  IsTruncated?: boolean;
  [member: string]: any;
}

/** A bucket of files. File names may hold slashes: `a/b/c.txt`. `options` are those of the S3 call behind each method. */
export interface StorageBucket {
  readonly name: string;
  readFile(filename: string, options?: any): Promise<StoredFile>;
  writeFile(filename: string, body: string | Blob | Uint8Array | Readable, options?: any): Promise<any>;
  deleteFile(filename: string, options?: any): Promise<any>;
  /** Lists files; `{ Prefix: 'a/b/' }` only those below a folder. */
  listFiles(options?: any): Promise<StoredFileList>;
  /** Where anyone reaches the file, if the bucket may be read by anyone. */
  externalUrl(filename: string): string;
  /** Where the host's own network reaches the file, if the bucket may be read by anyone. */
  internalUrl(filename: string): string;
  /** A signed URL to upload to; it holds for `expiresIn` seconds, 3600 if absent. */
  getUploadUrl(filename: string, expiresIn?: number, options?: any): Promise<string>;
  /** A signed URL to download from; it holds for `expiresIn` seconds, 3600 if absent. */
  getDownloadUrl(filename: string, expiresIn?: number, options?: any): Promise<string>;
}

/** The app's file storage. */
export interface CloudStorage {
  bucket(name: string): StorageBucket;
}
