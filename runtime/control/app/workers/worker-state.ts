export type WorkerState =
  | { readonly state: 'starting'; readonly pid: number | undefined }
  | { readonly state: 'serving'; readonly pid: number; readonly since: number }
  /** It finishes what it has and accepts nothing; the next one takes over when it has ended. */
  | { readonly state: 'draining'; readonly pid: number; readonly since: number }
  | { readonly state: 'restarting'; readonly attempt: number }
  | { readonly state: 'stopped' };
