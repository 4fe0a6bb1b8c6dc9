import { once } from 'node:events';
import type { CurrentCall } from '../../../../runtime/kernel/calls/current-call.ts';
import { createReadStream } from 'node:fs';
import { connect } from 'node:net';
import { pipeline as pipelineWithCallback, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { event, type Host, startHost, type TestFunction } from './host.ts';

let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

async function answer(handler: TestFunction): Promise<{ status: number; text: string; headers: Headers }> {
  host.publish('f', handler);
  const response = await host.fetch('/f');
  return { status: response.status, text: await response.text(), headers: response.headers };
}

async function* letters(): AsyncGenerator<string> {
  yield* ['a', 'b', 'c'];
}

describe('streaming', () => {
  it('the streaming sample answers the whole stream', async () => {
    const got = await answer(async ({ response }) => {
      response.chunkedEncoding = true;
      const stream = Readable.from(['a', 'b', 'c']);
      stream.on('data', (chunk) => response.write(chunk));
      stream.on('end', () => response.end());
    });
    expect(got.text).toBe('abc');
    expect(got.headers.get('transfer-encoding')).toBe('chunked');
  });

  const streams: [string, TestFunction][] = [
    ['pipe()', ({ response }) => void Readable.from(['a', 'b', 'c']).pipe(response)],
    ['returned pipe()', ({ response }) => Readable.from(['a', 'b', 'c']).pipe(response)],
    ['pipeline() that is awaited', async ({ response }) => pipeline(Readable.from(['a', 'b', 'c']), response)],
    ['pipeline() of streams', ({ response }) => void pipelineWithCallback(Readable.from(['a', 'b', 'c']), response, () => undefined)],
    [
      'pipeline() of a generator',
      ({ response }) => {
        pipelineWithCallback(letters, response, () => undefined);
      },
    ],
    [
      'write() before and after the return',
      ({ response }) => {
        response.write('a');
        setImmediate(() => response.end('bc'));
      },
    ],
    [
      'flushHeaders()',
      ({ response }) => {
        response.flushHeaders();
        setImmediate(() => response.end('abc'));
      },
    ],
  ];
  for (const [what, handler] of streams) {
    it(`the response stays open for ${what}`, async () => {
      expect((await answer(handler)).text).toBe('abc');
      expect(host.failures).toEqual([]);
    });
  }

  it('the response stays open for server-sent events, and the invocation with it', async () => {
    const finished = event();
    let ended = false;
    host.publish('events', ({ response }) => {
      host.app.calls.current?.onEnd(() => {
        ended = true;
      });
      response.setHeader('Content-Type', 'text/event-stream');
      void finished.happened.then(() => response.end('data: 1\n\n'));
    });
    const pending = host.fetch('/events');
    await vi.waitFor(() => expect(host.app.counters.requests).toBe(1));
    expect(ended).toBe(false);
    finished.happen();
    expect(await (await pending).text()).toBe('data: 1\n\n');
    await vi.waitFor(() => expect(ended).toBe(true));
  });

  it('the invocation of a stream ends when the client goes', async () => {
    const opened = event();
    const ended = event();
    host.publish('events', ({ response }) => {
      host.app.calls.current?.onEnd(() => ended.happen());
      response.write('data: 1\n\n');
      opened.happen();
    });
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    await opened.happened;
    socket.destroy();
    await ended.happened;
    expect(host.failures).toEqual([]);
  });

  it('the invocation of a pipelined stream ends although its turn never came', async () => {
    const opened = event();
    const ended = event();
    host.publish('never', () => new Promise(() => undefined));
    host.publish('stream', ({ response }) => {
      host.app.calls.current?.onEnd(() => ended.happen());
      response.write('a');
      opened.happen();
    });
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\nGET /stream HTTP/1.1\r\nHost: x\r\n\r\n');
    await opened.happened;
    socket.destroy();
    await ended.happened;
    expect(host.failures).toEqual([]);
  });

  it('the invocation ends with its reply when nothing is streamed', async () => {
    let invocation: CurrentCall | undefined;
    await answer(async () => {
      invocation = host.app.calls.current;
      return 'x';
    });
    expect([invocation?.ended, invocation?.function, invocation?.revision]).toEqual([true, 'f', 1]);
  });

  it('sendFile() sends the file, and 404 when there is none', async () => {
    const sent = await answer(({ response }) => response.sendFile(import.meta.filename));
    expect(sent.text).toContain('sendFile() sends the file');
    const missing = await answer(({ response }) => response.sendFile('/no/such/file'));
    expect([missing.status, JSON.parse(missing.text)]).toEqual([404, { error: 'Not Found', requestId: missing.headers.get('request-id') }]);
    const folder = await answer(({ response }) => response.sendFile(import.meta.dirname));
    expect(folder.status).toBe(404);
    const download = await answer(({ response }) => response.download(import.meta.filename, '文件.txt'));
    expect(download.headers.get('content-disposition')).toBe(`attachment; filename="??.txt"; filename*=UTF-8''%E6%96%87%E4%BB%B6.txt`);
    expect(host.failures).toEqual([]);
  });

  it('a file that is piped while the client goes away harms nobody', async () => {
    const opened = event();
    host.publish('f', ({ response }) => {
      createReadStream('/dev/zero').pipe(response);
      response.once('close', () => opened.happen());
    });
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('GET /f HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    await opened.happened;
    expect(host.failures).toEqual([]);
  });
});
