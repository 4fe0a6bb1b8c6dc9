import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTerminalLog, formatRecord } from '../../../runtime/control/logs/terminal-log.ts';
import type { LogLevel, LogRecord } from '../../../runtime/kernel/ports/logger.ts';

const noon = new Date(2030, 0, 2, 12, 0, 1, 23).getTime();

function record(message: string, more: Partial<LogRecord> = {}): LogRecord {
  return { time: noon, level: 'info', message, ...more };
}

/** A process at the other end of a real pipe, which reads nothing until it is told to. */
async function sleepyReader(): Promise<{ readonly child: ChildProcess; readonly stdin: Writable; readonly stdout: Readable }> {
  const program = `
    process.on('message', () => process.stdin.pipe(process.stdout));
    process.stdin.on('end', () => process.disconnect());
    process.send('up');`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'inherit', 'ipc'] });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  });
  await once(child, 'message');
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('the child has no pipes');
  return { child, stdin, stdout };
}

describe('formatRecord()', () => {
  it('shows time, level, function and revision, message and request', () => {
    const full = record('hi', { function: 'hello', revision: 3, requestId: 'req-1', connectionId: 'c' });
    expect(formatRecord(full)).toBe('12:00:01.023 info  hello#3 hi {req-1}\n');
  });

  it('shows what there is of it', () => {
    expect(formatRecord(record('hi', { level: 'error' }))).toBe('12:00:01.023 error hi\n');
    expect(formatRecord(record('hi', { function: 'hello' }))).toBe('12:00:01.023 info  hello hi\n');
    expect(formatRecord(record(''))).toBe('12:00:01.023 info  \n');
  });

  it('indents the further lines of a message, so that none passes for a record', () => {
    const forged = record('a\n12:00:02.000 error forged\r\n\tb');
    expect(formatRecord(forged)).toBe('12:00:01.023 info  a\n    12:00:02.000 error forged\n    \tb\n');
  });

  it('indents a stack below its message', () => {
    const failed = record('failed', { stack: 'Error: boom\n    at f (hello:1:2)', requestId: 'r' });
    expect(formatRecord(failed)).toBe('12:00:01.023 info  failed {r}\n    Error: boom\n        at f (hello:1:2)\n');
  });

  it('shows a stack once when the message is, or begins, it', () => {
    const stack = 'Error: boom\n    at f (hello:1:2)';
    const expected = '12:00:01.023 info  Error: boom\n        at f (hello:1:2)\n';
    expect(formatRecord(record(stack, { stack }))).toBe(expected);
    expect(formatRecord(record('Error: boom', { stack }))).toBe(expected);
  });

  it.each<[string, string]>([
    ['\u001b[31m', '\\u001b[31m'],
    ['a\rb', 'a\\u000db'],
    ['\u0007\u0000\b\u007f', '\\u0007\\u0000\\u0008\\u007f'],
    ['\u009b2J\u0085', '\\u009b2J\\u0085'],
    ['\u202egnp.exe\u2066', '\\u202egnp.exe\\u2066'],
    ['\u2028', '\\u2028'],
  ])('shows what would drive a terminal as an escape: %j', (given, shown) => {
    expect(formatRecord(record(given))).toBe(`12:00:01.023 info  ${shown}\n`);
    expect(formatRecord(record('m', { stack: given }))).toBe(`12:00:01.023 info  m\n    ${shown}\n`);
    expect(formatRecord(record('m', { function: given, requestId: given }))).toBe(`12:00:01.023 info  ${shown} m {${shown}}\n`);
  });

  it('leaves other text, tabs and emoji as they are', () => {
    const text = 'Grüße\t你好 שלום 👩‍👩‍👧‍👦 {"a":1} \\u001b';
    expect(formatRecord(record(text))).toBe(`12:00:01.023 info  ${text}\n`);
  });

  it('keeps a request id from a client on the line', () => {
    expect(formatRecord(record('m', { requestId: 'a\n12:00:02.000 info forged\tb' }))).toBe(
      '12:00:01.023 info  m {a 12:00:02.000 info forged b}\n',
    );
  });
});

describe('createTerminalLog()', () => {
  it.each<[LogLevel, readonly LogLevel[]]>([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
  ])('writes what is at least %s', (level, expected) => {
    const stream = new PassThrough({ encoding: 'utf8' });
    const log = createTerminalLog(stream, level);
    const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
    for (const each of levels) log.log(record(`is ${each}`, { level: each }));
    expect(String(stream.read()).match(/(?<=is )\w+/g)).toEqual(expected);
  });

  it('drops what a slow pipe does not take, says how much when it does, and never waits', async () => {
    const { child, stdin, stdout } = await sleepyReader();
    const log = createTerminalLog(stdin, 'info');
    for (let n = 1; n <= 3000; n += 1) log.log(record(`${n}:`.padEnd(1000)));
    expect(stdin.writableLength).toBeLessThan(1024 * 1024 + 2000);

    let received = '';
    stdout.setEncoding('utf8').on('data', (text: string) => (received += text));
    child.send('read');
    await vi.waitFor(() => expect(stdin.writableLength).toBe(0));
    log.log(record('last'));
    stdin.end();
    await once(stdout, 'end');

    const shown = (received.match(/info {2}\d+:/g) ?? []).length;
    expect(shown).toBeGreaterThan(0);
    const dropped = Number(/warn {2}(\d+) lines are missing here/.exec(received)?.[1]);
    expect(shown + dropped).toBe(3000);
    expect(received.trimEnd().endsWith('info  last')).toBe(true);
  });

  it('survives a reader that goes away', async () => {
    const server = createServer((socket) => socket.resetAndDestroy()).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    const stream = connect(address.port, '127.0.0.1');
    const log = createTerminalLog(stream, 'info');
    // Not events.once(), which would listen to errors itself: an error without a listener ends the process.
    const closed = new Promise((resolve) => stream.once('close', resolve));
    const timer = setInterval(() => log.log(record('into the void')), 1);
    onTestFinished(() => clearInterval(timer));
    await closed;
    expect(stream.errored).toMatchObject({ code: expect.stringMatching(/^(?:ECONNRESET|EPIPE)$/) });
    expect(() => log.log(record('and again'))).not.toThrow();
  });
});
