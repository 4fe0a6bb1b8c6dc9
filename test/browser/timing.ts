import type { Page } from 'playwright-core';

/** Milliseconds from the start of the navigation until something was on the screen. */
export interface Marks {
  /** The tree has its functions. */
  readonly shell: number;
  /** The editor shows the source and takes keys. */
  readonly editor: number;
  /** The editor marks an error. */
  readonly diagnostics: number;
}

const signs: Readonly<Record<keyof Marks, string>> = {
  shell: '[role="tree"] [role="treeitem"]',
  editor: '.monaco-editor .view-line span span',
  diagnostics: '.monaco-editor .squiggly-error',
};

/** Has the page look at each frame for what it shows; to be called before it is opened. Resolves to a function that waits for all of it. */
export async function startMarks(page: Page): Promise<() => Promise<Marks>> {
  await page.addInitScript((wanted) => {
    const look = (): void => {
      for (const [name, selector] of Object.entries(wanted)) {
        if (performance.getEntriesByName(name).length === 0 && document.querySelector(selector)) performance.mark(name);
      }
      requestAnimationFrame(look);
    };
    look();
  }, signs);
  return async () => {
    const names = Object.keys(signs);
    await page.waitForFunction((wanted) => wanted.every((name) => performance.getEntriesByName(name).length > 0), names, {
      timeout: 20_000,
    });
    const times = await page.evaluate(
      (wanted) => wanted.map((name) => performance.getEntriesByName(name)[0]?.startTime ?? Number.NaN),
      names,
    );
    const [shell = Number.NaN, editor = Number.NaN, diagnostics = Number.NaN] = times;
    return { shell, editor, diagnostics };
  };
}

/** Milliseconds from each key that is pressed meanwhile until the frame after it was drawn. */
export async function measureKeys(page: Page, press: () => Promise<void>): Promise<number[]> {
  const kept = await page.evaluateHandle(() => {
    const latencies: number[] = [];
    const channel = new MessageChannel();
    const waiting: number[] = [];
    // A message that is sent in a frame's callback comes when that frame has been drawn.
    channel.port1.addEventListener('message', () => {
      for (const since of waiting.splice(0)) latencies.push(performance.now() - since);
    });
    channel.port1.start();
    const listen = ({ timeStamp }: KeyboardEvent): void => {
      requestAnimationFrame(() => {
        waiting.push(timeStamp);
        channel.port2.postMessage(undefined);
      });
    };
    addEventListener('keydown', listen, { capture: true });
    return { latencies, end: () => removeEventListener('keydown', listen, { capture: true }) };
  });
  await press();
  return kept.evaluate(async ({ latencies, end }) => {
    end();
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn, 50)));
    return latencies;
  });
}
