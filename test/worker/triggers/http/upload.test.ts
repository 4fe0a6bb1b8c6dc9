import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FunctionFile } from '../../../../sdk/context.ts';
import { event, type Host, startHost } from './host.ts';

const limit = 1024 * 1024;
let host: Host;
beforeEach(async () => {
  host = await startHost(limit);
});
afterEach(() => host.close());

const left = (): Promise<string[]> => readdir(host.uploadDir);
const nothingLeft = (): Promise<void> => vi.waitFor(async () => expect(await left()).toEqual([]));

function form(...files: [name: string, content: string | Uint8Array<ArrayBuffer>][]): FormData {
  const data = new FormData();
  data.set('note', 'grüße');
  data.append('tags[]', 'a');
  data.append('tags[]', 'b');
  for (const [name, content] of files) data.append('file', new Blob([content], { type: 'text/plain' }), name);
  return data;
}

async function post(body: FormData): Promise<{ status: number; json: unknown }> {
  const response = await host.fetch('/up', { method: 'POST', body });
  return { status: response.status, json: JSON.parse(await response.text()) };
}

describe('createUploadReader()', () => {
  it('files arrive in ctx.files and fields in ctx.body, and the files are gone after the response', async () => {
    let path = '';
    host.publish('up', async ({ files = [], body, request }) => {
      const [file] = files;
      if (!file) return 'none';
      path = file.path;
      return {
        ...file,
        body,
        text: await readFile(file.path, 'utf8'),
        same: request.files === files,
        joined: `${file.destination}/${file.filename}` === file.path,
      };
    });
    expect(await post(form(['naïve-文件 "1" %.txt', 'content']))).toEqual({
      status: 200,
      json: {
        fieldname: 'file',
        originalname: 'naïve-文件 "1" %.txt',
        encoding: '7bit',
        mimetype: 'text/plain',
        destination: expect.stringContaining(host.uploadDir),
        filename: expect.stringMatching(/^[0-9a-f-]{36}\.txt$/),
        path,
        size: 7,
        body: { note: 'grüße', tags: ['a', 'b'] },
        text: 'content',
        same: true,
        joined: true,
      },
    });
    await nothingLeft();
    expect(existsSync(path)).toBe(false);
  });

  it('several files stay until a streamed response has closed', async () => {
    const finished = event();
    let paths: string[] = [];
    const begun = event();
    host.publish('up', ({ files = [], response }) => {
      paths = files.map((file: FunctionFile) => file.path);
      response.write('[');
      void finished.happened.then(() => response.end(']'));
      begun.happen();
    });
    const reply = post(form(['a', '1'], ['b', '2']));
    await begun.happened;
    expect(await Promise.all(paths.map((path) => readFile(path, 'utf8')))).toEqual(['1', '2']);
    finished.happen();
    expect((await reply).status).toBe(200);
    await nothingLeft();
  });

  it('files that the function has moved, removed or added harm nobody', async () => {
    host.publish('up', async ({ files = [] }) => {
      for (const file of files) await rm(file.path);
      await writeFile(`${files[0]?.destination}/mine`, 'x');
      return true;
    });
    expect((await post(form(['a', '1'], ['b', '2']))).status).toBe(200);
    await nothingLeft();
    expect(host.lines).toEqual([]);
  });

  it('files are removed when the function throws', async () => {
    host.publish('up', () => {
      throw new Error('x');
    });
    expect((await post(form(['a', '1']))).status).toBe(500);
    await nothingLeft();
  });

  it('a form without files has no files and makes no folder', async () => {
    host.publish('up', async ({ files, body }) => ({ files, body, made: await left() }));
    expect((await post(form())).json).toEqual({ files: [], body: { note: 'grüße', tags: ['a', 'b'] }, made: [] });
  });

  it("an upload folder is nobody else's", async () => {
    host.publish('up', async ({ files = [] }) => (await stat(files[0]?.destination ?? '')).mode % 0o1000);
    expect((await post(form(['a', '1']))).json).toBe(0o700);
  });

  it('a name that looks like a path stays a name', async () => {
    host.publish('up', ({ files = [] }) => [files[0]?.originalname, files[0]?.filename.includes('/')]);
    expect((await post(form(['../../etc/passwd', 'x']))).json).toEqual(['passwd', false]);
  });

  it('a file as large as a body may be is taken, and a byte more is 413', async () => {
    host.publish('up', ({ files = [] }) => files[0]?.size);
    expect(await post(form(['a', new Uint8Array(limit)]))).toEqual({ status: 200, json: limit });
    expect(await post(form(['a', new Uint8Array(limit + 1)]))).toMatchObject({ status: 413, json: { code: 'BODY_TOO_LARGE' } });
    await nothingLeft();
  });

  it('the whole form is bounded, with a length and in chunks', async () => {
    host.publish('up', () => 'never');
    const files: [string, Uint8Array<ArrayBuffer>][] = Array.from({ length: 5 }, (_, index) => [`f${index}`, new Uint8Array(limit / 2)]);
    expect((await post(form(...files))).status).toBe(413);
    const encoded = new Request('http://x', { method: 'POST', body: form(...files) });
    const type = encoded.headers.get('content-type') ?? '';
    const init = { method: 'POST', body: encoded.body, duplex: 'half' as const, headers: { 'content-type': type } };
    expect((await host.fetch('/up', init)).status).toBe(413);
    await nothingLeft();
  });

  it('a malformed form is 400 BODY_INVALID', async () => {
    host.publish('up', () => 'never');
    const type = 'multipart/form-data; boundary=b';
    const file = 'Content-Disposition: form-data; name="f"; filename="a"\r\n\r\ncontent';
    for (const [contentType, body] of [
      ['multipart/form-data', 'x'],
      [type, 'no boundary in here'],
      [type, `--b\r\n${file}`],
      [type, `--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n`],
      [type, `--b\r\nContent-Disposition: form-data; name="a[999999999]"\r\n\r\nx\r\n--b--\r\n`],
      [type, `--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nc\r\n`.repeat(300) + '--b--\r\n'],
    ] as const) {
      const response = await host.fetch('/up', { method: 'POST', headers: { 'content-type': contentType }, body });
      expect([response.status, JSON.parse(await response.text()).code]).toEqual([400, 'BODY_INVALID']);
    }
    await nothingLeft();
    expect(host.failures).toEqual([]);
  });

  it('an aborted upload leaves nothing', async () => {
    host.publish('up', () => 'never');
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write(
      'POST /up HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n' +
        `--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n${'x'.repeat(50_000)}`,
    );
    await vi.waitFor(async () => expect(await left()).toHaveLength(1));
    socket.destroy();
    await once(socket, 'close');
    await nothingLeft();
    expect([host.failures, host.lines]).toEqual([[], []]);
  });

  it('a pipelined upload whose turn never came leaves nothing', async () => {
    const begun = event();
    host.publish('never', () => new Promise(() => undefined));
    host.publish('up', () => begun.happen());
    const body = '--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n--b--\r\n';
    const socket = connect({ port: host.port, host: '127.0.0.1' });
    socket.write(
      'GET /never HTTP/1.1\r\nHost: x\r\n\r\n' +
        `POST /up HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await begun.happened;
    expect(await left()).toHaveLength(1);
    socket.destroy();
    await nothingLeft();
  });

  it('a host that cannot keep an upload answers 500 INTERNAL and says why in its log', async () => {
    host.publish('up', () => 'never');
    await rm(host.uploadDir, { recursive: true });
    await writeFile(host.uploadDir, 'a file where the folder should be');
    expect(await post(form(['a', '1']))).toMatchObject({ status: 500, json: { code: 'INTERNAL' } });
    expect(host.lines.join()).toMatch(/EEXIST|ENOTDIR/);
  });
});
