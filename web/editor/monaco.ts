import { lazy } from 'react';
import type * as main from '../monaco/main.tsx';

type Monaco = typeof main;

/** Loads Monaco, once: it is the largest part of the console, and only needed where code is. */
export function loadMonaco(): Promise<Monaco> {
  return import('../monaco/main.tsx');
}

// Both parts are on their way at once.
const loading = loadMonaco();
// The caller is told of a failure.
loading.catch(() => {});

/** The editor, when it has been loaded. */
export const CodeEditor = lazy(() => loading.then((module) => ({ default: module.CodeEditor })));
