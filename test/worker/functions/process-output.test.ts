import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Children, createChildren } from './child.ts';

let children: Children;

beforeAll(async () => {
  children = await createChildren();
});

afterAll(() => children.close());

/** What the code makes of the log, line by line, and what it has collected in `said`. */
async function run(code: string): Promise<{ lines: unknown[]; said: unknown[] }> {
  const { messages, stderr } = await children.run(`
    import fs from 'node:fs';
    import { Console } from 'node:console';
    import { once } from 'node:events';
    import { Readable } from 'node:stream';
    import { pipeline } from 'node:stream/promises';
    import { promisify } from 'node:util';
    import { stdout } from 'node:process';
    import { redirectOutput } from 'runtime/worker/functions/process-output.ts';
    const lines = [];
    const said = [];
    const flush = redirectOutput({
      admits: () => true,
      write: (module, level, message) => lines.push([level, message]),
      current: () => undefined,
      origin: () => ({}),
      output: (level, line) => lines.push([level, line]),
    });
    (async () => { ${code} })().catch((error) => said.push(String(error))).then(() => { flush(); process.send({ lines, said }, () => process.channel.unref()); });
  `);
  expect(stderr).toBe('');
  const [{ lines, said }] = messages as [{ lines: unknown[]; said: unknown[] }];
  return { lines, said };
}

describe('redirectOutput()', () => {
  it.each<[string, string, string[][]]>([
    [
      'write()',
      "process.stdout.write('a\\n'); process.stderr.write('b\\n');",
      [
        ['info', 'a'],
        ['error', 'b'],
      ],
    ],
    [
      'write() of bytes',
      "process.stdout.write(Buffer.from('ä\\n')); process.stdout.write(new Uint8Array([98, 10]));",
      [
        ['info', 'ä'],
        ['info', 'b'],
      ],
    ],
    [
      'write() with an encoding',
      "process.stdout.write('610a', 'hex'); process.stdout.write('Ygo=', 'base64'); process.stdout.write('c\\n', 'utf8'); process.stdout.write('d\\n', 'latin1');",
      [
        ['info', 'a'],
        ['info', 'b'],
        ['info', 'c'],
        ['info', 'd'],
      ],
    ],
    [
      'end() and destroy(), which end nothing',
      "await new Promise((done) => process.stdout.end('a\\n', done)); process.stdout.end(); await once(process.stdout.destroy(), 'close'); process.stderr.destroy(); process.stdout.write('b\\n'); process.stderr.write('c\\n');",
      [
        ['info', 'a'],
        ['info', 'b'],
        ['error', 'c'],
      ],
    ],
    [
      'pipelines, one after another',
      "await pipeline(Readable.from(['a\\nb', '\\n']), process.stdout); await pipeline(Readable.from(['b2\\n']), process.stdout); process.stdout.write('c\\n');",
      [
        ['info', 'a'],
        ['info', 'b'],
        ['info', 'b2'],
        ['info', 'c'],
      ],
    ],
    [
      'a Console',
      "const c = new Console(process.stdout, process.stderr); c.log('a'); c.error('b');",
      [
        ['info', 'a'],
        ['error', 'b'],
      ],
    ],
    [
      'the global console',
      "console.log('a %d', 1); console.warn('b'); console.error('c'); console.debug('d'); console.dir({ e: 1 }); console.group('f'); console.info('g'); console.groupEnd();",
      [
        ['info', 'a 1'],
        ['warn', 'b'],
        ['error', 'c'],
        ['debug', 'd'],
        ['info', '{ e: 1 }'],
        ['info', 'f'],
        ['info', '  g'],
      ],
    ],
    [
      'the streams of the global console',
      "console._stdout.write('a\\n'); console._stderr.write('b\\n');",
      [
        ['info', 'a'],
        ['error', 'b'],
      ],
    ],
    [
      'fs.writeSync()',
      "fs.writeSync(1, 'a\\n'); fs.writeSync(2, Buffer.from('-b\\n-'), 1, 2); fs.writeSync(1, Buffer.from('xc\\n'), { offset: 1 }); fs.writevSync(1, [Buffer.from('d'), Buffer.from('\\n')]);",
      [
        ['info', 'a'],
        ['error', 'b'],
        ['info', 'c'],
        ['info', 'd'],
      ],
    ],
    [
      'a stream of fs',
      "const s = fs.createWriteStream('', { fd: 1, autoClose: false }); s.write('a\\n'); s.end('b\\n'); await once(s, 'finish');",
      [
        ['info', 'a'],
        ['info', 'b'],
      ],
    ],
    ['what does not end', "process.stdout.write('a');", [['info', 'a']]],
  ])('takes %s', async (_, code, lines) => {
    expect(await run(code)).toEqual({ lines, said: [] });
  });

  it('behaves as Node’s own streams and calls do', async () => {
    const { lines, said } = await run(`
      said.push(process.stdout.write('a'), process.stdout.fd, process.stderr.fd, process.stdout.isTTY, process.stdout.columns, process.stdout.writable, process.stdout.writableNeedDrain, stdout === process.stdout);
      said.push(fs.writeSync(1, 'äb'), (await promisify(fs.write)(1, Buffer.from('cde'), 1)).bytesWritten, fs.writeSync(1, ''), fs.write(1, 'f', () => {}));
      await new Promise((done) => process.stdout.write('g', done));
      await new Promise((done) => process.stdout.write('h', 'utf8', done));
      for (const wrong of [null, 5, {}, undefined]) try { process.stdout.write(wrong); said.push('taken'); } catch (error) { said.push(error.code); }
      for (const call of [() => process.stdout.write('x', 'nonsense'), () => fs.writeSync(1, {}), () => fs.write(1, 'x'), () => fs.writeSync(1, Buffer.alloc(1), 5)]) try { call(); said.push('taken'); } catch (error) { said.push(error.code); }
      // This is how pino finds out that it must not write to the descriptor.
      said.push(process.stdout.write !== process.stdout.constructor.prototype.write);
    `);
    expect(lines).toEqual([['info', 'aäbdefgh']]);
    const expected = [
      [true, 1, 2, null, null, true, false, true],
      [3, 2, 0, null],
      ['ERR_STREAM_NULL_VALUES', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_TYPE'],
      ['ERR_UNKNOWN_ENCODING', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE'],
      [true],
    ];
    expect(said).toEqual(expected.flat());
  });

  it('leaves writes to other descriptors alone', async () => {
    const { said } = await run(`
      const file = fs.mkdtempSync('/tmp/hearth-output-') + '/file';
      const fd = fs.openSync(file, 'w');
      said.push(fs.writeSync(fd, 'a'), await promisify(fs.write)(fd, 'b').then(({ bytesWritten }) => bytesWritten), fs.writevSync(fd, [Buffer.from('c')]));
      fs.closeSync(fd);
      fs.appendFileSync(file, 'd');
      said.push(fs.readFileSync(file, 'utf8'));
      fs.rmSync(file);
    `);
    expect(said).toEqual([1, 1, 1, 'abcd']);
  });
});
