import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ErrorCode, HearthError } from '../../../../runtime/kernel/errors.ts';
import { event, type Host, received, startHost, type TestFunction } from './host.ts';

let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

describe('errors of the host that a function throws', () => {
  const rows: [ErrorCode, number][] = [
    ['CPU_LIMIT_EXCEEDED', 500],
    ['MEMORY_LIMIT_EXCEEDED', 500],
    ['FUNCTION_TIMEOUT', 504],
    ['FUNCTION_BUSY', 503],
  ];
  for (const [code, status] of rows) {
    it(`${code} is answered ${status} with its code`, async () => {
      for (const handler of [
        () => {
          throw new HearthError(code, { limit: 5, name: 'f' });
        },
        async () => Promise.reject(new HearthError(code, { limit: 5, name: 'f' })),
      ]) {
        host.publish('f', handler);
        const response = await host.fetch('/f');
        expect(response.status).toBe(status);
        expect(JSON.parse(await response.text())).toEqual({
          error: new HearthError(code, { limit: 5, name: 'f' }).message,
          code,
          requestId: response.headers.get('request-id'),
        });
        expect(response.headers.get('retry-after')).toBe(code === 'FUNCTION_BUSY' ? '1' : null);
      }
      expect([host.failures.length, host.app.counters.requestErrors]).toEqual([2, 2]);
    });
  }

  it('an error that no reply carries is an opaque 500', async () => {
    host.publish('f', () => {
      throw new HearthError('FUNCTION_MISSING', { name: 'secret' });
    });
    const response = await host.fetch('/f');
    expect([response.status, JSON.parse(await response.text()).error]).toEqual([500, 'Internal Server Error']);
  });

  it('FUNCTION_QUARANTINED is 503, warned of once a second and no error of a request', async () => {
    host.publish('f', { exports: () => 'never', quarantine: 'it ran without end.' });
    host.publish('g', { exports: () => 'never', quarantine: 'so did this.' });
    for (const path of ['/f', '/f', '/f', '/g']) {
      const response = await host.fetch(path);
      expect([response.status, JSON.parse(await response.text()).code]).toEqual([503, 'FUNCTION_QUARANTINED']);
    }
    expect(host.records.map(({ level, fields }) => `${level} ${fields?.function}`)).toEqual(['warn f', 'warn g']);
    expect([host.failures, host.app.counters.requestErrors]).toEqual([[], 0]);
  });
});

describe('whose code runs', () => {
  it('the mark of a function is set while its code and that of the interceptor runs, and no longer', async () => {
    const marks: unknown[] = [];
    const now = (): number => host.app.calls.attribution.current;
    host.publish('f', async () => {
      marks.push(now());
      await Promise.resolve();
    });
    host.publish('__interceptor__', (_ctx, next) => {
      marks.push(now());
      const answer = next();
      marks.push(now());
      return answer;
    });
    const [f, interceptor] = [host.registry.get('f'), host.registry.get('__interceptor__')];
    if (f) f.mark = 7;
    if (interceptor) interceptor.mark = 9;
    expect((await host.fetch('/f')).status).toBe(200);
    expect([...marks, now()]).toEqual([9, 7, 9, 0]);
    host.publish('f', () => {
      throw new Error('x');
    });
    expect((await host.fetch('/f')).status).toBe(500);
    expect(now()).toBe(0);
  });
});

describe('faults that stay with their request', () => {
  const hostile = {
    get message(): string {
      throw new Error('message');
    },
    get stack(): string {
      throw new Error('stack');
    },
    get status(): number {
      throw new Error('status');
    },
  };
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const thrown: [string, unknown][] = [
    ['null', null],
    ['undefined', undefined],
    ['a symbol', Symbol('s')],
    ['an object whose getters throw', hostile],
    ['an error whose getters throw', Object.create(Error.prototype, Object.getOwnPropertyDescriptors(hostile))],
    ['a revoked proxy', revoked],
    ['an object that converts to nothing', Object.create(null)],
  ];
  for (const [what, value] of thrown) {
    it(`${what} that is thrown, rejected or emitted as an error is a 500`, async () => {
      const handlers: TestFunction[] = [
        () => {
          throw value;
        },
        async () => {
          throw value;
        },
        ({ response }) => {
          response.emit('error', value);
          return new Promise(() => undefined);
        },
      ];
      for (const handler of handlers) {
        host.publish('f', handler);
        const response = await host.fetch('/f');
        expect([response.status, JSON.parse(await response.text()).error]).toEqual([500, 'Internal Server Error']);
      }
      expect(host.failures).toHaveLength(3);
    });
  }

  const returned: [string, () => unknown][] = [
    ['a revoked proxy', () => revoked],
    [
      'an object whose then throws',
      () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- that it is one is the point
        get then(): never {
          throw new Error('then');
        },
      }),
    ],
    [
      'a thenable that throws',
      () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- as above
        then: () => {
          throw new Error('then()');
        },
      }),
    ],
    [
      'a promise whose constructor throws',
      () =>
        Object.defineProperty(Promise.resolve(1), 'constructor', {
          get: () => {
            throw new Error('constructor');
          },
        }),
    ],
  ];
  for (const [what, make] of returned) {
    it(`${what} that is returned is a 500`, async () => {
      host.publish('f', make);
      expect((await host.fetch('/f')).status).toBe(500);
      expect(host.failures).toHaveLength(1);
      expect(host.app.counters.requestsActive).toBe(0);
    });
  }

  it('header injection is a 500 and reaches no client', async () => {
    for (const act of [
      ({ response, query }) => void response.setHeader('X-A', query.v),
      ({ response, query }) => void response.setHeader(query.v, 'a'),
      ({ response, query }) => void response.cookie('a', 'b', { path: query.v }),
      ({ response, query }) => void response.writeHead(200, { 'X-A': query.v }),
      ({ response, query }) => void response.writeHead(200, query.v),
    ] satisfies TestFunction[]) {
      host.publish('f', act);
      const response = await host.fetch(`/f?v=${encodeURIComponent('a\r\nX-Injected: 1')}`);
      expect([response.status, response.headers.get('x-injected')]).toEqual([500, null]);
    }
    expect(host.failures).toHaveLength(5);
  });

  it('a response that is destroyed half way harms nobody, whatever follows', async () => {
    const endings: TestFunction[] = [
      () => 'value',
      () => undefined,
      ({ response }) => void response.end('more'),
      ({ response }) => void response.write('more'),
      () => {
        throw new Error('x');
      },
      async () => ({ a: 1 }),
    ];
    for (const begin of [true, false]) {
      for (const ending of endings) {
        const ended = event();
        host.publish('f', (context, next) => {
          host.app.calls.current?.onEnd(ended.happen);
          if (begin) context.response.write('part');
          context.response.destroy();
          return ending(context, next);
        });
        const socket = connect({ port: host.port, host: '127.0.0.1' });
        socket.write('GET /f HTTP/1.1\r\nHost: x\r\n\r\n');
        await received(socket);
        await ended.happened;
      }
    }
    host.publish('f', () => 'alive');
    expect(await (await host.fetch('/f')).text()).toBe('alive');
    await vi.waitFor(() => expect(host.app.counters.requestsActive).toBe(0));
  });

  it('listeners that a function replaces or removes do not keep its invocation open', async () => {
    const ended = event();
    host.publish('f', ({ response }) => {
      host.app.calls.current?.onEnd(ended.happen);
      response.write('part');
      response.once('close', () => response.removeAllListeners());
    });
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write('GET /f HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.once('data', () => socket.destroy());
    await received(socket);
    await ended.happened;
    expect(host.failures).toEqual([]);
  });

  it("what a function's own listeners throw ends in the process's handler, and reaches nobody else", async () => {
    // As the worker does, in place of what the test runner does.
    const others = process.listeners('uncaughtException');
    const seen: string[] = [];
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => seen.push(error.message));
    try {
      const fail = (what: string) => (): never => {
        throw new Error(what);
      };
      host.publish('f', async ({ request, response, signal }) => {
        host.app.calls.current?.onEnd(() => void seen.push('ended'));
        response.on('finish', fail('finish'));
        response.on('close', fail('close'));
        request.on('close', fail('request'));
        signal?.addEventListener('abort', fail('abort'));
        request.socket.once('close', fail('socket'));
        response.write('a');
        setImmediate(() => response.end('b'));
      });
      for (let n = 0; n < 2; n++) expect(await (await host.fetch('/f', { headers: { connection: 'close' } })).text()).toBe('ab');
      // When Node closes a request is its own affair.
      const each = ['finish', 'ended', 'close', 'socket'];
      await vi.waitFor(() => expect(seen.filter((line) => line !== 'request')).toEqual([...each, ...each]));
      expect(seen).toHaveLength(10);
      expect(host.app.counters.requestsActive).toBe(0);
      await vi.waitFor(() => expect(host.server.tracked.open.size).toBe(0));
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of others) process.on('uncaughtException', listener);
    }
  });
});
