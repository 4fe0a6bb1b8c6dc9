/** What stands between a folder with functions and the SDK's sources. */
export interface Layout {
  /** The SDK's folder, relative to the one of the settings. */
  readonly sdk: string;
}

/**
 * Whether TypeScript only says that something without a type may be anything. Functions written for Laf,
 * which checks no types, would be full of it. The option `noImplicitAny` must be on all the same: without
 * it, and strict, nothing could be put into `const list = []`.
 */
export function isImplicitAny(code: unknown): boolean {
  if (typeof code !== 'number') return false;
  return (code >= 7005 && code <= 7026) || (code >= 7031 && code <= 7034) || otherImplicitAny.has(code);
}

const otherImplicitAny = new Set([7039, 7041, 7051, 7052, 7053, 7055, 7057]);

/**
 * The text of a tsconfig.json for functions. Strict, since `undefined` is what most mistakes are about;
 * what is left out of it are caught errors, which may be anything.
 */
export function toSettings({ sdk }: Layout): string {
  const index = [`${sdk}/index.ts`];
  const compilerOptions = {
    target: 'es2023',
    // No DOM: what functions have of it (fetch, URL, …) Node's types declare, and `name` or `event` would hide mistakes.
    lib: ['es2023'],
    types: ['node'],
    module: 'esnext',
    moduleResolution: 'bundler',
    // Functions that say `exports.main = …` would share their variables otherwise.
    moduleDetection: 'force',
    strict: true,
    useUnknownInCatchVariables: false,
    esModuleInterop: true,
    allowSyntheticDefaultImports: true,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    noEmit: true,
    paths: { '@lafjs/cloud': index, hearth: index, '@/cloud-sdk': index, '@/*': ['./functions/*'] },
  };
  // A pattern leaves out what begins with a dot unless it says so.
  const include = ['functions/**/*', 'functions/**/.*', 'functions/**/.*/**/*', `${sdk}/*`];
  return `${JSON.stringify({ compilerOptions, include }, undefined, 2)}\n`;
}
