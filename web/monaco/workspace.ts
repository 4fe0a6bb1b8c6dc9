import { editor, type IPosition, type IRange, type Uri } from 'monaco-editor/editor/editor.api';
import { useProblems } from '../state/problems.ts';
import { useTabs } from '../state/tabs.ts';
import { useDrafts } from '../state/drafts.ts';
import { LanguageClient } from './language-client.ts';
import { FunctionModels } from './models.ts';
import { registerProviders } from './providers.ts';
import { setUpMonaco } from './setup.ts';
import { functionOf } from './uris.ts';
import { own } from '../state/own.ts';

/** A file that is only read: a declaration that somebody went to. */
export interface ReadOnlyPlace {
  readonly uri: string;
  readonly model: editor.ITextModel;
  readonly selection: IRange | IPosition | undefined;
}

/** Who shows a place that is not in the function in front. */
export interface GoTo {
  readonly toFunction: (name: string, place: IPosition | undefined) => void;
  readonly toFile: (place: ReadOnlyPlace) => void;
}

setUpMonaco();
const client = new LanguageClient();
/** The open functions of this page. */
export const models = new FunctionModels((model) => client.track(model));
registerProviders({ client, models });
editor.onDidChangeMarkers((uris) => uris.forEach(reportProblems));
followTabs();
useTabs.subscribe(followTabs);

/** Sets who shows other places; answers how to end it. */
export function onGoTo({ toFunction, toFile }: GoTo): () => void {
  const opener = editor.registerEditorOpener({
    async openCodeEditor(source, uri, selection) {
      if (source.getModel()?.uri.toString() === uri.toString()) return false;
      const name = functionOf(uri);
      if (name !== undefined) {
        toFunction(name, selection && toPosition(selection));
        return true;
      }
      const model = await models.ready(uri);
      if (model) toFile({ uri: uri.path, model, selection });
      return model !== undefined;
    },
  });
  return () => opener.dispose();
}

function toPosition(place: IRange | IPosition): IPosition {
  return 'lineNumber' in place ? place : { lineNumber: place.startLineNumber, column: place.startColumn };
}

// Tabs that hold a draft are open for the language server too, so that all it says is about what they hold.
function followTabs(): void {
  const { open } = useTabs.getState();
  const { drafts } = useDrafts.getState();
  models.keep(open);
  for (const name of open) {
    const draft = own(drafts, name);
    if (draft) models.open(name, draft.base === 0 ? undefined : draft);
  }
}

const severities = { 8: 'error', 4: 'warning', 2: 'info', 1: undefined } as const;

function reportProblems(uri: Uri): void {
  const name = functionOf(uri);
  if (name === undefined) return;
  const problems = editor.getModelMarkers({ resource: uri }).flatMap((marker) => {
    const severity = severities[marker.severity];
    if (severity === undefined) return [];
    const code = typeof marker.code === 'object' ? marker.code.value : marker.code;
    const source = `${marker.source ?? ''}${code === undefined ? '' : code}`;
    return [{ severity, message: marker.message, line: marker.startLineNumber, column: marker.startColumn, source }];
  });
  // A publish and the language server may find the same.
  const places = problems.map(({ line, message }) => `${line} ${message}`);
  useProblems.getState().report(
    name,
    problems.filter((_, index) => places.indexOf(places[index] ?? '') === index),
  );
}
