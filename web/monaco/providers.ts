import { type CancellationToken, type editor, type IPosition, languages, type Uri } from 'monaco-editor/editor/editor.api';
import { useTabs } from '../state/tabs.ts';
import { registerCompletion } from './completion.ts';
import { toEdit, toFileEdits, toLocations, toLspRange, toMarkdown, toRange, toWorkspaceEdit } from './convert.ts';
import { at, type ProviderScope, selector } from './scope.ts';
import { registerStructure } from './structure.ts';
import { functionOf } from './uris.ts';

/** Gives Monaco what the language server knows. */
export function registerProviders(scope: ProviderScope): void {
  registerCompletion(scope);
  registerStructure(scope);
  registerPlaces(scope);
  registerRename(scope);
  registerFixes(scope);
  const { client } = scope;
  languages.registerHoverProvider(selector, {
    async provideHover(model, position, token) {
      const hover = await client.ask('textDocument/hover', at(model, position), token);
      if (!hover) return undefined;
      const contents = Array.isArray(hover.contents) ? hover.contents : [hover.contents];
      return { contents: contents.map(toMarkdown), ...(hover.range && { range: toRange(hover.range) }) };
    },
  });
}

function registerPlaces({ client, models }: ProviderScope): void {
  const find =
    (method: 'textDocument/definition' | 'textDocument/typeDefinition' | 'textDocument/implementation') =>
    async (model: editor.ITextModel, position: IPosition, token: CancellationToken) =>
      ready(toLocations(await client.ask(method, at(model, position), token)));
  // Monaco previews places, for which their models must be there.
  const ready = async <P extends { uri: Uri }>(places: P[]): Promise<P[]> => {
    const found = await Promise.all(places.map(({ uri }) => models.ready(uri)));
    return places.filter((_, index) => found[index] !== undefined);
  };
  languages.registerDefinitionProvider(selector, { provideDefinition: find('textDocument/definition') });
  languages.registerTypeDefinitionProvider(selector, { provideTypeDefinition: find('textDocument/typeDefinition') });
  languages.registerImplementationProvider(selector, { provideImplementation: find('textDocument/implementation') });
  languages.registerReferenceProvider(selector, {
    async provideReferences(model, position, context, token) {
      const found = await client.ask('textDocument/references', { ...at(model, position), context }, token);
      return ready(toLocations(found));
    },
  });
}

function registerRename({ client, models }: ProviderScope): void {
  languages.registerRenameProvider(selector, {
    async resolveRenameLocation(model, position, token) {
      const word = model.getWordAtPosition(position);
      const found = await client.ask('textDocument/prepareRename', at(model, position), token);
      const range = found && ('start' in found ? found : 'range' in found ? found.range : undefined);
      if (!found || !word) return { range: toRange(zero), text: '', rejectReason: 'This cannot be renamed.' };
      const place = range
        ? toRange(range)
        : { ...toRange(zero), ...lineOf(position), startColumn: word.startColumn, endColumn: word.endColumn };
      return { range: place, text: model.getValueInRange(place) };
    },
    async provideRenameEdits(model, position, newName, token) {
      const edit = await client.ask('textDocument/rename', { ...at(model, position), newName }, token);
      if (!edit) return { edits: [], rejectReason: 'The language server did not respond.' };
      // What changes in functions that are not open becomes drafts of theirs, to be seen and published.
      for (const { uri } of toFileEdits(edit)) {
        const name = functionOf(uri);
        if (name === undefined) return { edits: [], rejectReason: 'It is declared outside your functions.' };
        await models.openLive(name);
        useTabs.getState().show(name);
      }
      return toWorkspaceEdit(edit);
    },
  });
}

const zero = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

function lineOf({ lineNumber }: IPosition): { startLineNumber: number; endLineNumber: number } {
  return { startLineNumber: lineNumber, endLineNumber: lineNumber };
}

function registerFixes({ client }: ProviderScope): void {
  const known = new WeakMap<languages.CodeAction, object>();
  languages.registerCodeActionProvider(
    selector,
    {
      async provideCodeActions(model, range, { only }, token) {
        const diagnostics = client.diagnostics.get(model) ?? [];
        const near = diagnostics.filter(
          (one) => one.range.start.line + 1 <= range.endLineNumber && one.range.end.line + 1 >= range.startLineNumber,
        );
        const context = { diagnostics: near, triggerKind: 1, ...(only !== undefined && { only: [only] }) };
        const found = await client.ask(
          'textDocument/codeAction',
          { textDocument: { uri: model.uri.toString() }, range: toLspRange(range), context },
          token,
        );
        const actions = (found ?? []).map((one) => {
          const action: languages.CodeAction = {
            title: one.title,
            ...(one.kind !== undefined && { kind: one.kind }),
            ...(one.isPreferred !== undefined && { isPreferred: one.isPreferred }),
            ...(one.edit && { edit: toWorkspaceEdit(one.edit) }),
          };
          known.set(action, one);
          return action;
        });
        return { actions, dispose: () => {} };
      },
      async resolveCodeAction(action, token) {
        const given = known.get(action);
        if (action.edit || !given) return action;
        const resolved = await client.ask('codeAction/resolve', given, token);
        return resolved?.edit ? { ...action, edit: toWorkspaceEdit(resolved.edit) } : action;
      },
    },
    { providedCodeActionKinds: ['quickfix', 'refactor', 'source'] },
  );
  languages.registerDocumentFormattingEditProvider(selector, {
    async provideDocumentFormattingEdits(model, options, token) {
      const edits = await client.ask('textDocument/formatting', { textDocument: { uri: model.uri.toString() }, options }, token);
      return edits?.map(toEdit);
    },
  });
  languages.registerDocumentRangeFormattingEditProvider(selector, {
    async provideDocumentRangeFormattingEdits(model, range, options, token) {
      const params = { textDocument: { uri: model.uri.toString() }, range: toLspRange(range), options };
      return (await client.ask('textDocument/rangeFormatting', params, token))?.map(toEdit);
    },
  });
}
