import './monaco.css';

// All of Monaco is one chunk, loaded on demand.
export { CodeEditor, type CodeEditorHandle } from './code-editor.tsx';
export { DiffEditor } from './diff-editor.tsx';
export { markDiagnostics } from './marks.ts';
export { models, type ReadOnlyPlace } from './workspace.ts';
