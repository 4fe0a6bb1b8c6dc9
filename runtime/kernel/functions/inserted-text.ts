/** Every name that the builder adds to compiled code begins so; no source may use such a name. */
export const insertedPrefix = '__hearth_';

/** What compiled code expects as parameters besides those of a CommonJS module. */
export const insertedNames = {
  /** An `Int32Array` over shared memory: its first number is not 0 while a guard has to call `stop`. */
  flags: '__hearth_f',
  /** Throws to end the code, or returns to let it go on. */
  stop: '__hearth_s',
  /** What an `import` statement gets: `require()`, and ES modules that `require()` refuses. */
  require: '__hearth_require',
  /** `import()`. */
  import: '__hearth_import',
  /** `import.meta`. */
  meta: '__hearth_import_meta',
} as const;

// The plain read costs less than 2 ns; V8 does not take it out of loops, because a call may follow it.
const raised = `${insertedNames.flags}[0]`;
const stop = `${insertedNames.stop}()`;

/** The guards, each written so that it is told from the author's own text around it. */
export const guardText = {
  // An `if` that ends in `else` takes any statement for its other half, and no other `else` for its own.
  loop: `if(${raised}&&${stop});else `,
  /** `do` may stand right before its body. */
  doLoop: ` if(${raised}&&${stop}){}else `,
  block: `if(${raised})${stop};`,
  /** A directive may end with its line instead of a semicolon. */
  blockAfterLine: `;if(${raised}){${stop}}`,
  expression: `(${raised}&&${stop},`,
  expressionEnd: `/*${insertedPrefix}*/)`,
} as const;

const guards = Object.values(guardText).map((text) => text.replaceAll(/[()[\]{}/*|]/g, String.raw`\$&`));
const inserted = new RegExp(`${guards.join('|')}|${insertedPrefix}(?=(?:import|require)\\()`, 'g');

/** The text of a function as the compiler made it of its author's source: without what was inserted since. */
export function authorsText(text: string): string {
  if (!text.includes(insertedPrefix)) return text;
  return text.replaceAll(inserted, '').replaceAll(insertedNames.meta, 'import.meta');
}
