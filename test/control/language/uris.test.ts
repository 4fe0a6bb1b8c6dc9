import { describe, expect, it } from 'vitest';
import { Uris } from '../../../runtime/control/language/uris.ts';

const uris = new Uris([
  { path: '/data dir/app', alias: '/app' },
  { path: '/host/node_modules', alias: '/lib/host' },
  { path: '/host/node_modules/typescript', alias: '/lib/typescript' },
  { path: '/data dir/app/node_modules', alias: '/lib/host' },
]);

describe('toOutside()', () => {
  it.each([
    ['file:///data%20dir/app/functions/a.ts', 'file:///app/functions/a.ts'],
    ['file:///host/node_modules/%40types/x.d.ts', 'file:///lib/host/%40types/x.d.ts'],
    ['file:///host/node_modules/typescript/lib.d.ts', 'file:///lib/typescript/lib.d.ts'],
    ['file:///data%20dir/app/node_modules/x.d.ts', 'file:///lib/host/x.d.ts'],
    ['file:///data%20dir/application/x.ts', 'file:///outside/x.ts'],
    ['file:///home/somebody/x.ts', 'file:///outside/x.ts'],
    [
      'see [x](file:///data%20dir/app/a.ts#L1,2) and [y](file:///home/y.ts)',
      'see [x](file:///app/a.ts#L1,2) and [y](file:///outside/y.ts)',
    ],
    ['import("/data dir/app/functions/a").T', 'import("/app/functions/a").T'],
    ['file:///%ff', 'file:///outside'],
  ])('turns %j into %j', (inside, outside) => {
    expect(uris.toOutside({ a: [inside] })).toEqual({ a: [outside] });
  });

  it('turns the keys of edits, and leaves what goes into a source as it is', () => {
    const edit = { changes: { 'file:///data%20dir/app/functions/a.ts': [{ newText: 'file:///home/x', line: 1 }] } };
    expect(uris.toOutside(edit)).toEqual({ changes: { 'file:///app/functions/a.ts': [{ newText: 'file:///home/x', line: 1 }] } });
  });
});

describe('toInside()', () => {
  it('turns URIs back, and paths only in what the language server has hung on its answers', () => {
    const text = 'file:///etc/passwd /app/x';
    const outside = { uri: 'file:///app/functions/a.ts', text, data: { fileName: '/app/functions/a.ts', name: '/x' }, '0': null };
    expect(uris.toInside(outside)).toEqual({
      uri: 'file:///data%20dir/app/functions/a.ts',
      text,
      data: { fileName: '/data dir/app/functions/a.ts', name: '/x' },
      '0': null,
    });
  });

  it.each(['file:///etc/passwd', 'file:///app/../x', 'file:///app/%2e%2e/x', 'file:///application', 'https://app/x', ''])(
    'refuses %j',
    (uri) => {
      expect(uris.toInside({ textDocument: { uri } })).toBeUndefined();
    },
  );
});
