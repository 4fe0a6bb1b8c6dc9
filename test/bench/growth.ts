import type { TestHost } from '../scenario/host.ts';

/** Functions of one request: what they hold together stays below the limit of a body. */
const batch = 100;

const steps = Array.from({ length: 12 }, (_, step) => stepSource(step)).join('\n');

/**
 * A function as an app has many of them, about five kilobytes: it answers its version, four of five import
 * another function of the app, and one in ten a package.
 */
export function appSource(index: number, version: number): string {
  const base = index - (index % 5);
  return `import cloud from '@lafjs/cloud';
import { createHash } from 'node:crypto';
${index % 10 === 9 ? "import axios from 'axios';\nexport const client = axios.create({ timeout: 1000 });" : ''}
${base === index ? '' : `import { label as inherited } from '@/${appName(base)}';\nexport { inherited };`}
interface Row { id: number; name: string; tags: string[]; at: number }
const rows: Row[] = Array.from({ length: 20 }, (_, id) => ({ id, name: 'n' + id, tags: ['a', 'b'], at: id * 1000 }));
export function label(row: Row): string { return createHash('sha1').update(row.name + ${index}).digest('hex'); }
${steps}
export default async (ctx: FunctionContext) => {
  cloud.shared.set('last', ${index});
  const { total } = await step3(rows);
  return total < 0 ? label(rows[0]) : { version: ${version} };
};`;
}

function stepSource(step: number): string {
  return `export async function step${step}(input: Row[], limit = ${step}): Promise<{ total: number; found: Row[] }> {
  const found = input.filter((row) => row.id % ${step + 2} !== 0).map((row) => ({ ...row, label: row.name.toUpperCase() }));
  found.sort((a, b) => (a.label < b.label ? -1 : 1));
  let total = 0;
  for (const row of found) for (const tag of row.tags) total += tag.length + row.at;
  return { total, found: found.slice(0, limit) };
}`;
}

/** The name of one of an app's functions. */
export function appName(index: number): string {
  return `app/f${index}`;
}

/** Publishes so many functions, each in version 0, a batch at a time; throws when the host refuses any. */
export async function publishApp(host: TestHost, count: number): Promise<void> {
  const functions = Array.from({ length: count }, (_, index) => ({ name: appName(index), source: appSource(index, 0) }));
  for (let from = 0; from < count; from += batch) {
    const answer = await host.api('POST', '/v1/publish', { functions: functions.slice(from, from + batch) });
    if (answer.status !== 200) throw new Error(`publish from ${from} on: ${answer.status} ${answer.text}`);
  }
}
