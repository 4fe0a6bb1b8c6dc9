import { editor, MarkerSeverity } from 'monaco-editor/editor/editor.api';
import type { Diagnostic } from '../api/client.ts';
import { functionUri } from './uris.ts';

const owner = 'publish';

/** A place that a publish or a check found fault with; what it does not say of its end, the line tells. */
export interface Mark extends Diagnostic {
  readonly endLine?: number;
  readonly endColumn?: number;
  readonly code?: number | string;
  readonly severity?: 'error' | 'warning';
}

/** Marks what a publish of the function came to; the marks go with the next change. An empty list removes them. */
export function markDiagnostics(name: string, diagnostics: readonly Mark[]): void {
  const model = editor.getModel(functionUri(name));
  if (!model) return;
  const markers = diagnostics.filter((one) => one.function === name).map((one) => toMarker(model, one));
  editor.setModelMarkers(model, owner, markers);
  if (markers.length === 0) return;
  const change = model.onDidChangeContent(() => {
    change.dispose();
    editor.setModelMarkers(model, owner, []);
  });
}

function toMarker(model: editor.ITextModel, { line, column, message, severity, ...rest }: Mark): editor.IMarkerData {
  const lineNumber = Math.min(Math.max(line, 1), model.getLineCount());
  const word = model.getWordAtPosition({ lineNumber, column: Math.min(Math.max(column, 1), model.getLineMaxColumn(lineNumber)) });
  return {
    severity: severity === 'warning' ? MarkerSeverity.Warning : MarkerSeverity.Error,
    message,
    source: rest.code === undefined ? 'publish' : 'ts',
    ...(rest.code !== undefined && { code: String(rest.code) }),
    startLineNumber: lineNumber,
    startColumn: Math.max(column, 1),
    endLineNumber: rest.endLine ?? lineNumber,
    endColumn: rest.endColumn ?? word?.endColumn ?? Math.max(column, 1) + 1,
  };
}
