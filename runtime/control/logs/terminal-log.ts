import type { Writable } from 'node:stream';
import type { Logger, LogLevel, LogRecord } from '../../kernel/ports/logger.ts';
import { isAtLeast } from './log-filter.ts';

/** Bytes that may wait for a terminal or pipe that is slow to read. */
const waitingBytes = 1024 * 1024;

/**
 * A logger for a person's eyes: `12:00:01.123 info  hello#3 message {requestId}`, in local time,
 * records of `level` and the more urgent ones. It never waits for `stream`: what comes while too
 * much is unread is dropped, and the next line says how many were. A stream that fails, as a pipe
 * does whose reader has gone, is written to no more. The stream's owner closes it.
 */
export function createTerminalLog(stream: Writable, level: LogLevel): Logger {
  let dropped = 0;
  let broken = false;
  // Without a listener the host would end with the program that read its output.
  stream.on('error', () => (broken = true));
  return {
    log(record) {
      if (broken || !isAtLeast(record.level, level)) return;
      if (stream.writableLength > waitingBytes) {
        dropped += 1;
        return;
      }
      if (dropped > 0) {
        const message = `${dropped} ${dropped === 1 ? 'line is' : 'lines are'} missing here, because this output was not read fast enough.`;
        dropped = 0;
        stream.write(formatRecord({ time: record.time, level: 'warn', message }));
      }
      stream.write(formatRecord(record));
    },
  };
}

/** The record as text, with its line end. Nothing in it can drive a terminal or pass for another record. */
export function formatRecord(record: LogRecord): string {
  const { function: name, revision, requestId, message, stack } = record;
  const origin = name === undefined ? '' : ` ${escapeWord(name)}${revision === undefined ? '' : `#${revision}`}`;
  const request = requestId === undefined ? '' : ` {${escapeWord(requestId)}}`;
  const head = `${clock(record.time)} ${record.level.padEnd(5)}${origin} `;
  const [first = '', ...more] = escapeText(message).split('\n');
  const rest = [...more, ...stackLines(message, stack)];
  return `${head}${first}${request}\n${rest.map((line) => `    ${line}\n`).join('')}`;
}

/** The lines of a stack that the message does not show already: an error as text often begins, or is, its stack. */
function stackLines(message: string, stack: string | undefined): readonly string[] {
  if (stack === undefined || message.includes(stack)) return [];
  const tail = stack.startsWith(`${message}\n`) ? stack.slice(message.length + 1) : stack;
  return escapeText(tail).split('\n');
}

/** Hours, minutes, seconds and milliseconds in local time. */
function clock(time: number): string {
  const date = new Date(time);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0'));
  return `${parts.join(':')}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/**
 * The characters that do something to a terminal: the controls but for tab and line feed, and those
 * that turn or embed a direction of text (Unicode UAX #9), which can hide what a line says.
 */
const driving = /(?![\t\n])[\p{Cc}\u2028-\u202E\u2066-\u2069]/gu;

function escapeText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(driving, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function escapeWord(word: string): string {
  return escapeText(word).replace(/[\t\n]/g, ' ');
}
