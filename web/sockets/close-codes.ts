/** What close codes mean: RFC 6455, 7.4.1, its registry, and what this host does. */
const meanings: Readonly<Record<number, string>> = {
  1000: 'Normal closure',
  1001: 'Going away',
  1002: 'Protocol error',
  1003: 'Unsupported data',
  1005: 'No code was given',
  1006: 'Connection lost without a close frame',
  1007: 'Text that is not UTF-8',
  1008: 'Policy violation',
  1009: 'Message too big',
  1010: 'Extension missing',
  1011: 'Internal error',
  1012: 'Service restart',
  1013: 'Try again later',
  1014: 'Bad gateway',
};

/** What a close code means. */
export function closeMeaning(code: number): string {
  return meanings[code] ?? (code >= 4000 ? 'Application-defined code' : 'Unknown code');
}

/** Whether a close frame may carry it when the host closes a socket. */
export function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  return (code >= 1000 && code <= 1014 && !(code >= 1004 && code <= 1006)) || (code >= 3000 && code <= 4999);
}

/** Milliseconds after which the host wants a client back: it says so in the reason of 1012. */
export function retryAfterOf(reason: string): number | undefined {
  try {
    const told: unknown = JSON.parse(reason);
    if (typeof told !== 'object' || told === null || !('retryAfterMs' in told)) return undefined;
    return typeof told.retryAfterMs === 'number' && told.retryAfterMs >= 0 ? told.retryAfterMs : undefined;
  } catch {
    return undefined;
  }
}
