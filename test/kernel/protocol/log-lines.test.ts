import { describe, expect, it } from 'vitest';
import { cutLine, LineSplitter } from '../../../runtime/kernel/protocol/log-lines.ts';

function split(...texts: readonly string[]): { ended: string[]; open: string[] } {
  const splitter = new LineSplitter();
  const ended: string[] = [];
  const open: string[] = [];
  for (const text of texts) splitter.push(text, (line) => ended.push(line));
  splitter.flush((line) => open.push(line));
  return { ended, open };
}

describe('LineSplitter', () => {
  it.each<[string, string[], string[], string[]]>([
    ['one line', ['a\n'], ['a'], []],
    ['several lines of one text', ['a\nb\n\nc\n'], ['a', 'b', '', 'c'], []],
    ['a line in parts', ['a', 'b', 'c\nd'], ['abc'], ['d']],
    ['line ends of Windows', ['a\r\nb\r', '\n'], ['a', 'b'], []],
    ['nothing', [''], [], []],
    ['a line end alone', ['\n'], [''], []],
  ])('makes lines of %s', (_, texts, ended, open) => {
    expect(split(...texts)).toEqual({ ended, open });
  });

  it('keeps no more of a line than the log does, and says how much is missing', () => {
    const long = 'x'.repeat(10_000);
    const { ended, open } = split(long, long, long, '\nshort\n', long, long);
    expect(ended).toEqual([`${'x'.repeat(16_384)}… (13616 more characters)`, 'short']);
    expect(open).toEqual([`${'x'.repeat(16_384)}… (3616 more characters)`]);
  });

  it('is open while a line has begun', () => {
    const splitter = new LineSplitter();
    const seen = ['a', '\n', '', 'b\nc', '\n'].map((text) => {
      splitter.push(text, () => {});
      return splitter.open;
    });
    expect(seen).toEqual([true, false, false, true, false]);
  });
});

describe('cutLine()', () => {
  it('leaves a line that fits as it is', () => {
    expect(cutLine('x'.repeat(16_384))).toBe('x'.repeat(16_384));
    expect(cutLine('x'.repeat(16_385))).toBe(`${'x'.repeat(16_384)}… (1 more characters)`);
  });
});
