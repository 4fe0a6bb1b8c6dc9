import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readExport } from '../../../../runtime/control/app/transfer/export-reader.ts';

const head = '{"format":"hearth-app","version":1,"hearth":"1","appId":"a","exportedAt":"2026-01-01T00:00:00.000Z"';

const whole = (source: string, more = ''): Buffer =>
  Buffer.from(
    `${head}${more},"functions":[{"name":"f","live":1,"last":1}],"revisions":[{"name":"f","revision":1,"createdAt":"2026-01-01T00:00:00.000Z","methods":null,"note":"","source":${JSON.stringify(source)}}]}`,
  );

async function read(bytes: readonly Buffer[]) {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  try {
    const app = await readExport(Readable.from(bytes), Number.MAX_SAFE_INTEGER);
    return { sources: app.functions.map(({ revisions }) => revisions.map(({ source }) => source.length)), turns };
  } finally {
    clearInterval(timer);
  }
}

describe('readExport()', () => {
  it('lets others have their turn while it reads what has arrived already', async () => {
    const { sources, turns } = await read([whole('\n"\\é'.repeat(3e6))]);
    expect(sources).toEqual([[12e6]]);
    expect(turns).toBeGreaterThan(3);
  });

  it('reads a document in chunks of one byte', async () => {
    const bytes = [...whole('ä\n'.repeat(10_000))].map((byte) => Buffer.of(byte));
    expect((await read(bytes)).sources).toEqual([[20_000]]);
  });

  it.each([
    ['a member that no export has', '"other":1'],
    ['a member that is too long', `"other":"${'x'.repeat(50e6)}"`],
    ['a member that is nested deeply', `"appId2":${'['.repeat(5e6)}`],
    ['a name that is too long', `"${'x'.repeat(50e6)}":1`],
  ])('refuses %s with IMPORT_INVALID, before the rest has arrived', async (_, member) => {
    await expect(read([Buffer.from(`${head},${member},`), whole('x')])).rejects.toMatchObject({ code: 'IMPORT_INVALID' });
  });
});
