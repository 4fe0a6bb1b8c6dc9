import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const Lockfile = z.object({
  packages: z.record(z.string(), z.looseObject({ optionalDependencies: z.record(z.string(), z.string()).optional() })),
});
const { packages } = Lockfile.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));

describe('package-lock.json', () => {
  it('names no registry, so that it installs from whichever one is configured', () => {
    expect(Object.keys(packages).length).toBeGreaterThan(100);
    expect(Object.keys(packages).filter((path) => 'resolved' in (packages[path] ?? {}))).toEqual([]);
  });

  it('holds a checksum for every package', () => {
    expect(Object.keys(packages).filter((path) => path !== '' && !('integrity' in (packages[path] ?? {})))).toEqual([]);
  });

  it('holds the binaries of every platform, without which npm ci refuses it', () => {
    const names = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)));
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted).toContain('@esbuild/linux-x64');
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });
});
