import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Figure, quantile, toTable } from '../bench/report.ts';
import { TestHost } from '../scenario/host.ts';
import { startChromium } from './chromium.ts';
import { focusEditor, openLogs } from './screens.ts';
import { type Marks, measureKeys, startMarks } from './timing.ts';

const runs = 5;
const keys = 200;
const linesPerSecond = 2_000;

// Two errors of types, which nothing but the language server finds.
const typed = `export default function (ctx: FunctionContext) {
  const total: number = 'twelve';
  return ctx.missing ?? total;
}
`;

const noisy = `let timer: NodeJS.Timeout | undefined;

export default function () {
  const began = Date.now();
  let line = 0;
  clearInterval(timer);
  timer = setInterval(() => {
    // By the clock: a timer that comes late makes up for it.
    const due = ((Date.now() - began) * ${linesPerSecond}) / 1_000;
    while (line < due) console.log('line', ++line, { room: 'lobby', user: 'ada' });
  }, 20);
  return 'begun';
}
`;

/** How fast the console is there, and whether typing stays swift beside a busy log: `npm run bench:console`. */
async function main(): Promise<void> {
  const browser = await startChromium();
  try {
    await using host = await TestHost.start();
    await host.publish('typed', typed);
    await host.publish('noisy', noisy);
    console.log(toTable(`Opening a function, cold cache, median of ${runs}`, await openings(browser, host)));
    console.log(toTable(`Typing beside ${linesPerSecond} log lines a second`, await typing(browser, host)));
  } finally {
    await browser.close();
  }
}

async function openings(browser: Browser, host: TestHost): Promise<Figure[]> {
  const measured: (Marks & { readonly bytes: number })[] = [];
  for (let run = 0; run < runs; run++) {
    const context = await signedIn(browser, host);
    try {
      measured.push(await openOnce(context, `http://127.0.0.1:${host.consolePort}/f/typed`));
    } finally {
      await context.close();
    }
  }
  const median = (pick: (one: (typeof measured)[number]) => number): number => quantile(measured.map(pick), 0.5);
  return [
    { name: 'functions in sight', value: median(({ shell }) => shell), unit: 'ms', most: 800 },
    { name: 'editor takes keys', value: median(({ editor }) => editor), unit: 'ms', most: 2_000 },
    { name: 'first diagnostics', value: median(({ diagnostics }) => diagnostics), unit: 'ms', most: 3_000 },
    { name: 'scripts, compressed', value: median(({ bytes }) => bytes) / 1e6, unit: 'MB', most: 1.4 },
  ];
}

async function openOnce(context: BrowserContext, address: string): Promise<Marks & { readonly bytes: number }> {
  const sizes: Promise<number>[] = [];
  context.on('response', (response) => {
    // A script that the page asks for twice comes from its cache and has no size of its own.
    if (new URL(response.url()).pathname.endsWith('.js')) {
      sizes.push(
        response
          .request()
          .sizes()
          .then(({ responseBodySize }) => responseBodySize),
      );
    }
  });
  const page = await context.newPage();
  const marks = await startMarks(page);
  await page.goto(address);
  const found = await marks();
  return { ...found, bytes: (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) };
}

async function typing(browser: Browser, host: TestHost): Promise<Figure[]> {
  const context = await signedIn(browser, host);
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${host.consolePort}/f/noisy`);
    await openLogs(page);
    await focusEditor(page);
    await page.keyboard.press('Control+End');
    const quiet = await measureKeys(page, () => typeWords(page));
    await host.call('/noisy');
    await page.getByRole('log').getByText(/line/).first().waitFor();
    const before = await linesOf(host);
    const latencies = await measureKeys(page, () => typeWords(page));
    const after = await linesOf(host);
    return [
      {
        name: 'log lines a second, in fact',
        value: ((after.id - before.id) * 1_000) / (after.at - before.at),
        unit: '',
        least: linesPerSecond * 0.9,
      },
      { name: 'keys', value: latencies.length, unit: '' },
      { name: 'before, without them: p50', value: quantile(quiet, 0.5), unit: 'ms' },
      { name: 'before, without them: p95', value: quantile(quiet, 0.95), unit: 'ms' },
      { name: 'key to frame, p50', value: quantile(latencies, 0.5), unit: 'ms', most: 50 },
      { name: 'key to frame, p95', value: quantile(latencies, 0.95), unit: 'ms', most: 50 },
      { name: 'key to frame, max', value: Math.max(...latencies), unit: 'ms' },
    ];
  } finally {
    await context.close();
  }
}

async function typeWords(page: Page): Promise<void> {
  const text = 'const total = items.length; ';
  await page.keyboard.type(text.repeat(Math.ceil(keys / text.length)).slice(0, keys), { delay: 40 });
}

/** The newest line of the log, and when it was asked for. */
async function linesOf(host: TestHost): Promise<{ readonly id: number; readonly at: number }> {
  const { json } = await host.api('GET', '/v1/logs?limit=1');
  return { id: json.logs.at(-1).id, at: Date.now() };
}

async function signedIn(browser: Browser, host: TestHost): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const origin = `http://127.0.0.1:${host.consolePort}`;
  const response = await context.request.post(`${origin}/_/session`, { data: { token: host.token }, headers: { origin } });
  if (!response.ok()) throw new Error(`Signing in was answered ${response.status()}.`);
  return context;
}

await main();
