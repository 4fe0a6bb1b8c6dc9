import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, readConfig } from '../../../runtime/control/host/config.ts';
import { HearthError } from '../../../runtime/kernel/errors.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearth-config-'));
});

afterAll(() => rm(dir, { recursive: true }));

const read = (env: Record<string, string | undefined>): Config => readConfig(env, '/home/somebody');

/** Why a configuration is refused. */
function refusal(env: Record<string, string | undefined>): string {
  try {
    read(env);
  } catch (error) {
    if (error instanceof HearthError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  throw new Error('the configuration was taken');
}

describe('readConfig()', () => {
  it('needs nothing', () => {
    expect(read({})).toMatchObject({
      port: 4000,
      consolePort: 4001,
      host: '127.0.0.1',
      dataDir: '/home/somebody/.hearth',
      adminToken: undefined,
      logLevel: 'info',
      app: { serverSecret: undefined, origins: undefined, limits: { requestBody: 10 * 1024 ** 2 }, env: {} },
    });
  });

  it('takes an empty variable for an unset one', () => {
    expect(read({ PORT: '', ADMIN_TOKEN: '', DATA_DIR: '', ADMIN_TOKEN_FILE: '' })).toMatchObject({ port: 4000, adminToken: undefined });
  });

  it('is frozen', () => {
    const config = read({ A: '1' });
    expect([config, config.app.limits, config.app.env].map((part) => Object.isFrozen(part))).toEqual([true, true, true]);
  });

  it('resolves DATA_DIR against the folder it was started in', () => {
    expect([read({ DATA_DIR: 'data' }).dataDir, read({ DATA_DIR: '/var/hearth' }).dataDir]).toEqual(['/home/somebody/data', '/var/hearth']);
  });

  it('splits WEBSOCKET_ORIGINS at commas', () => {
    expect(read({ WEBSOCKET_ORIGINS: 'https://a.example, https://b.example' }).app.origins).toEqual([
      'https://a.example',
      'https://b.example',
    ]);
  });

  it.each([
    ['1', 1],
    ['512b', 512],
    ['512kb', 512 * 1024],
    ['10MB', 10 * 1024 ** 2],
    ['1.5 mb', 1.5 * 1024 ** 2],
    ['1gb', 1024 ** 3],
    ['0.5kb', 512],
  ])('takes the size %s', (size, bytes) => {
    expect(read({ REQUEST_LIMIT_SIZE: size }).app.limits.requestBody).toBe(bytes);
  });

  it.each(['0', '0mb', '-1', '10 apples', 'mb', '1e6', '1.mb', '0x10', 'Infinity', '1 0'])('refuses the size %s', (size) => {
    expect(refusal({ REQUEST_LIMIT_SIZE: size })).toContain('REQUEST_LIMIT_SIZE');
  });

  it.each(['65536', '-1', '80.5', 'http', ' 80', '0x50'])('refuses the port %j', (port) => {
    expect(refusal({ PORT: port })).toContain('PORT must be');
  });

  it.each([
    ['https://api.example.com', 'https://api.example.com'],
    ['https://API.Example.com:443/', 'https://api.example.com'],
    ['http://192.0.2.1:8080', 'http://192.0.2.1:8080'],
    ['http://[::1]:4000', 'http://[::1]:4000'],
    [undefined, undefined],
  ])('takes the origin of FUNCTIONS_URL %s', (url, origin) => {
    expect(read({ FUNCTIONS_URL: url }).functionsUrl).toBe(origin);
  });

  it.each([
    'api.example.com',
    'api.example.com:443',
    'ws://api.example.com',
    'file:///srv',
    'https://',
    'https://api.example.com/v1',
    'https://api.example.com?',
    'https://api.example.com/#',
    'https://@api.example.com',
    'https://*.example.com',
    "https://api.example.com;script-src 'self'",
    'https://a;b',
    'https://a.example,https://b.example',
  ])('refuses the FUNCTIONS_URL %s', (url) => {
    expect(refusal({ FUNCTIONS_URL: url })).toContain('FUNCTIONS_URL must be http:// or https://');
  });

  it('does not repeat the password in a FUNCTIONS_URL', () => {
    const message = refusal({ FUNCTIONS_URL: 'https://user:hunter2@api.example.com' });
    expect(message).toContain('FUNCTIONS_URL must be');
    expect(message).not.toContain('hunter2');
  });

  it('takes the ports 0 and 65535', () => {
    expect(read({ PORT: '0', CONSOLE_PORT: '65535' })).toMatchObject({ port: 0, consolePort: 65_535 });
  });

  it('names every variable that is wrong, and repeats no secret', () => {
    const message = refusal({
      PORT: 'x',
      LOG_LEVEL: 'loud',
      ADMIN_TOKEN: 'short',
      SERVER_SECRET: 'hunter2',
      APP_ID: 'a b',
      HISTORY_LIMIT: '0',
    });
    for (const name of ['PORT', 'LOG_LEVEL', 'ADMIN_TOKEN', 'SERVER_SECRET', 'APP_ID', 'HISTORY_LIMIT']) expect(message).toContain(name);
    expect(message).not.toMatch(/hunter2|"short"|: short/);
  });
});

describe('NAME_FILE', () => {
  it('holds the value, without the line end after it', async () => {
    const file = join(dir, 'token');
    for (const [content, token] of [
      ['a-long-token\n', 'a-long-token'],
      ['a-long-token\r\n', 'a-long-token'],
      ['two words \n\n', 'two words \n'],
    ]) {
      await writeFile(file, content ?? '');
      expect(read({ ADMIN_TOKEN_FILE: file }).adminToken).toBe(token);
    }
  });

  it('yields to the variable itself', async () => {
    expect(read({ ADMIN_TOKEN: 'from-the-variable', ADMIN_TOKEN_FILE: join(dir, 'nowhere') }).adminToken).toBe('from-the-variable');
  });

  it('serves any variable, and its value is checked as well', async () => {
    await writeFile(join(dir, 'port'), '5000');
    await writeFile(join(dir, 'wrong'), 'x');
    expect(read({ PORT_FILE: join(dir, 'port') }).port).toBe(5000);
    expect(refusal({ PORT_FILE: join(dir, 'wrong') })).toContain('PORT must be');
  });

  it('that cannot be read is refused by its name', () => {
    expect(refusal({ ADMIN_TOKEN_FILE: join(dir, 'nowhere') })).toMatch(/ADMIN_TOKEN_FILE cannot be read: ENOENT/);
  });
});

describe('appEnv', () => {
  it('holds what is the app’s and nothing that is the host’s', () => {
    const env = {
      STRIPE_KEY: 'sk',
      EMPTY: '',
      MY_FILE: '/x',
      UNSET: undefined,
      PORT: '5000',
      ADMIN_TOKEN: 'a-long-token',
      ADMIN_TOKEN_FILE: '/x',
      SERVER_SECRET: 'a-long-server-secret',
      SERVER_SECRET_FILE: '/x',
      MONGODB_URI: 'mongodb://user:password@host',
      MONGODB_URI_FILE: '/x',
      NATS_URL: 'nats://host',
      NODE_OPTIONS: '--inspect',
      NODE_CHANNEL_FD: '3',
      npm_config_registry: 'x',
      NPM_TOKEN: 'x',
    };
    expect(read(env).app.env).toEqual({ STRIPE_KEY: 'sk', EMPTY: '', MY_FILE: '/x' });
  });
});
