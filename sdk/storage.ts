import type { Readable } from 'node:stream';

/** A file as `readFile()` returns it: the response of S3. */
export interface StoredFile {
  /** The content; `transformToString()`, `transformToByteArray()` and `transformToWebStream()` read all of it. */
  Body: Readable & {
    transformToString(encoding?: string): Promise<string>;
    transformToByteArray(): Promise<Uint8Array>;
    transformToWebStream(): ReadableStream;
  };
  ContentType?: string;
  /** In bytes. */
  ContentLength?: number;
  LastModified?: Date;
  ETag?: string;
  Metadata?: Record<string, string>;
  [member: string]: any;
}

/** A page of files as `listFiles()` returns it: the response of S3. */
export interface StoredFileList {
  Contents?: { Key?: string; Size?: number; LastModified?: Date; ETag?: string; [member: string]: any }[];
  IsTruncated?: boolean;
  [member: string]: any;
}

/** A bucket of files. File names may contain slashes: `a/b/c.txt`. `options` are those of the S3 call behind each method. */
export interface StorageBucket {
  readonly name: string;
  readFile(filename: string, options?: any): Promise<StoredFile>;
  writeFile(filename: string, body: string | Blob | Uint8Array | Readable, options?: any): Promise<any>;
  deleteFile(filename: string, options?: any): Promise<any>;
  /** Lists files; with `{ Prefix: 'a/b/' }`, only those in that folder. */
  listFiles(options?: any): Promise<StoredFileList>;
  /** Returns the public URL of the file; it works if the bucket is publicly readable. */
  externalUrl(filename: string): string;
  /** Returns the URL of the file in the host's own network; it works if the bucket is publicly readable. */
  internalUrl(filename: string): string;
  /** Returns a signed URL for an upload, valid for `expiresIn` seconds, 3600 by default. */
  getUploadUrl(filename: string, expiresIn?: number, options?: any): Promise<string>;
  /** Returns a signed URL for a download, valid for `expiresIn` seconds, 3600 by default. */
  getDownloadUrl(filename: string, expiresIn?: number, options?: any): Promise<string>;
}

/** The app's file storage, as in Laf. Not supported yet: `cloud.storage` throws. */
export interface CloudStorage {
  bucket(name: string): StorageBucket;
}
