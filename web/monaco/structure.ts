import { languages } from 'monaco-editor/editor/editor.api';
import { toRange } from './convert.ts';
import type { LspSymbol } from './protocol.ts';
import { at, type ProviderScope, selector } from './scope.ts';

/** What a source is made of: symbols, uses of the one at the cursor, folds, and the meaning of names. */
export function registerStructure({ client }: ProviderScope): void {
  languages.registerDocumentSymbolProvider(selector, {
    async provideDocumentSymbols(model, token) {
      const found = await client.ask('textDocument/documentSymbol', { textDocument: { uri: model.uri.toString() } }, token);
      return (found ?? []).flatMap(toSymbol);
    },
  });
  languages.registerDocumentHighlightProvider(selector, {
    async provideDocumentHighlights(model, position, token) {
      const found = await client.ask('textDocument/documentHighlight', at(model, position), token);
      return found?.map(({ range, kind = 1 }) => ({ range: toRange(range), kind: kind - 1 }));
    },
  });
  languages.registerFoldingRangeProvider(selector, {
    async provideFoldingRanges(model, _context, token) {
      const found = await client.ask('textDocument/foldingRange', { textDocument: { uri: model.uri.toString() } }, token);
      return found?.map(({ startLine, endLine, kind }) => ({
        start: startLine + 1,
        end: endLine + 1,
        ...(kind !== undefined && { kind: new languages.FoldingRangeKind(kind) }),
      }));
    },
  });
  languages.registerDocumentSemanticTokensProvider(selector, {
    getLegend: () => client.legend,
    async provideDocumentSemanticTokens(model, _last, token) {
      const found = await client.ask('textDocument/semanticTokens/full', { textDocument: { uri: model.uri.toString() } }, token);
      return found ? { data: new Uint32Array(found.data) } : undefined;
    },
    releaseDocumentSemanticTokens: () => {},
  });
}

function toSymbol({ name, detail = '', kind, range, selectionRange, location, children = [] }: LspSymbol): languages.DocumentSymbol[] {
  const place = range ?? location?.range;
  if (!place) return [];
  return [
    {
      name,
      detail,
      kind: kind - 1,
      tags: [],
      range: toRange(place),
      selectionRange: toRange(selectionRange ?? place),
      children: children.flatMap(toSymbol),
    },
  ];
}
