import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Phrases of a text that reads as translated, with what to write instead. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/\bwhoever\b/i, 'name the subject: the caller, its maker, a client'],
  [/\bonly so\b/i, '"this is why", "otherwise"'],
  [/\bnought\b/i, 'zero'],
  [/\b(?:is|are|was|were) to be\b/i, '"has to be", "must be", or say who does it'],
  [/(?:^|\* |\/\/ )Has such\b/, 'name the subject and the verb'],
];

// A server answers; a function returns, rejects or throws.
const answers = /\banswers?\b/i;
const aboutHttp = /runtime\/(?:control\/(?:api|console)|worker\/(?:triggers|dialects)|net|internals)\//;

/** Files below the folders with one of the endings. */
function filesOf(folders: readonly string[], endings: RegExp): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && endings.test(entry.name) && !entry.parentPath.includes('node_modules'))
      .map((entry) => join(entry.parentPath, entry.name).replaceAll('\\', '/')),
  );
}

/** The comments of a source, line by line. */
function commentsOf(source: string): readonly string[] {
  return source.split('\n').flatMap((line) => {
    const [comment] = /(?:^|\s)\/\/ .*$|^\s*\/?\*.*$/.exec(line) ?? [];
    return comment === undefined ? [] : [comment.trim()];
  });
}

const sources = filesOf(['runtime', 'sdk', 'web', 'scripts'], /\.(?:ts|tsx|mjs)$/);
const pages = [...filesOf(['docs'], /\.md$/), 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];

describe('English', () => {
  it.each(phrases)('comments and pages do without %s; write %s', (phrase) => {
    const comments = sources.flatMap((file) => commentsOf(readFileSync(file, 'utf8')).map((line) => `${file}: ${line}`));
    const lines = pages.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => `${file}: ${line}`),
    );
    expect(comments.length).toBeGreaterThan(500);
    expect([...comments, ...lines].filter((line) => phrase.test(line.slice(line.indexOf(': '))))).toEqual([]);
  });

  it('comments outside HTTP say that a function returns, not that it answers', () => {
    const wrong = sources
      .filter((file) => file.startsWith('runtime/') && !aboutHttp.test(file))
      .flatMap((file) => commentsOf(readFileSync(file, 'utf8')).map((line) => `${file}: ${line}`))
      .filter((line) => answers.test(line));
    expect(wrong).toEqual([]);
  });
});
