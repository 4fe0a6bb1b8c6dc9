import type { LoggedRecord } from '../api/queries.ts';

/** Levels from the least to the most urgent. */
export const levels = ['debug', 'info', 'warn', 'error'] as const;

/** Which lines are shown; an empty text leaves a field out. */
export interface LogFilter {
  readonly function: string;
  /** This level and the more urgent ones. */
  readonly level: string;
  /** A part of the message, in any case. */
  readonly text: string;
  readonly requestId: string;
  readonly connectionId: string;
}

const fields = ['function', 'level', 'text', 'requestId', 'connectionId'] as const;

/** The filter that a query string stands for. */
export function readFilter(query: URLSearchParams): LogFilter {
  const text = (field: (typeof fields)[number]): string => query.get(field) ?? '';
  const level = levels.find((one) => one === query.get('level')) ?? '';
  return { function: text('function'), level, text: text('text'), requestId: text('requestId'), connectionId: text('connectionId') };
}

/** The fields that are not empty, as a query string has them: both of the page and of the API. */
export function filterFields(filter: LogFilter): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, filter[field]] as const).filter(([, value]) => value !== ''));
}

/** Says of a record whether the filter lets it through, by the rules of the API. */
export function createMatcher(filter: LogFilter): (record: LoggedRecord) => boolean {
  const text = filter.text.toLowerCase();
  const least = levels.findIndex((level) => level === filter.level);
  return (record) =>
    (filter.function === '' || filter.function === record.function) &&
    (filter.requestId === '' || filter.requestId === record.requestId) &&
    (filter.connectionId === '' || filter.connectionId === record.connectionId) &&
    (least <= 0 || levels.indexOf(record.level) >= least) &&
    (text === '' || record.message.toLowerCase().includes(text));
}
