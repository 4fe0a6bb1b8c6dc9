import { type editor, type IPosition, languages } from 'monaco-editor/editor/editor.api';
import { toCompletion, toEdit, toMarkdown, toRanges } from './convert.ts';
import type { LspCompletionItem } from './protocol.ts';
import { at, type ProviderScope, selector } from './scope.ts';

const triggers = ['.', '"', "'", '`', '/', '@', '<', '#', ' '];

/** Completions, with the imports that they need, and the parameters of calls. */
export function registerCompletion({ client }: ProviderScope): void {
  const known = new WeakMap<languages.CompletionItem, LspCompletionItem>();
  languages.registerCompletionItemProvider(selector, {
    triggerCharacters: triggers,
    async provideCompletionItems(model, position, context, token) {
      if (context.triggerCharacter === ' ' && !isAfterImport(model, position)) return undefined;
      const params = {
        ...at(model, position),
        context: { triggerKind: context.triggerKind + 1, triggerCharacter: context.triggerCharacter },
      };
      const found = await client.ask('textDocument/completion', params, token);
      if (!found) return undefined;
      const list = 'items' in found ? found : { items: found, isIncomplete: false };
      const { editRange, ...defaults } = ('itemDefaults' in list && list.itemDefaults) || {};
      const word = model.getWordUntilPosition(position);
      const full = model.getWordAtPosition(position) ?? word;
      const line = { startLineNumber: position.lineNumber, endLineNumber: position.lineNumber, startColumn: word.startColumn };
      const around = { insert: { ...line, endColumn: position.column }, replace: { ...line, endColumn: full.endColumn } };
      const range = toRanges(editRange && ('start' in editRange ? { range: editRange } : editRange)) ?? around;
      const suggestions = list.items.map((one) => {
        const item = { ...defaults, ...one };
        const suggestion = toCompletion(item, range);
        known.set(suggestion, item);
        return suggestion;
      });
      return { suggestions, incomplete: list.isIncomplete };
    },
    async resolveCompletionItem(suggestion, token) {
      const item = known.get(suggestion);
      const resolved = item && (await client.ask('completionItem/resolve', item, token));
      if (!resolved) return suggestion;
      if (resolved.detail !== undefined) suggestion.detail = resolved.detail;
      if (resolved.documentation !== undefined) suggestion.documentation = toMarkdown(resolved.documentation);
      if (resolved.additionalTextEdits) suggestion.additionalTextEdits = resolved.additionalTextEdits.map(toEdit);
      return suggestion;
    },
  });
  registerSignatures(client);
}

/**
 * Whether a space stands where the server has something to say of one. Monaco offers nothing for a word that is
 * typed while it waits for what a space brings: when the answer is nothing, it is done, and the word is over.
 */
function isAfterImport(model: editor.ITextModel, { lineNumber, column }: IPosition): boolean {
  return /\bimport $/.test(model.getLineContent(lineNumber).slice(0, column - 1));
}

function registerSignatures(client: ProviderScope['client']): void {
  languages.registerSignatureHelpProvider(selector, {
    signatureHelpTriggerCharacters: ['(', ',', '<'],
    signatureHelpRetriggerCharacters: [')'],
    async provideSignatureHelp(model, position, token, context) {
      const params = {
        ...at(model, position),
        context: { triggerKind: context.triggerKind, triggerCharacter: context.triggerCharacter, isRetrigger: context.isRetrigger },
      };
      const help = await client.ask('textDocument/signatureHelp', params, token);
      if (!help || help.signatures.length === 0) return undefined;
      const signatures = help.signatures.map(({ label, documentation, parameters = [] }) => ({
        label,
        ...(documentation !== undefined && { documentation: toMarkdown(documentation) }),
        parameters: parameters.map((one): languages.ParameterInformation => ({
          label: typeof one.label === 'string' ? one.label : [one.label[0], one.label[1]],
          ...(one.documentation !== undefined && { documentation: toMarkdown(one.documentation) }),
        })),
      }));
      const activeSignature = help.activeSignature ?? 0;
      const activeParameter = help.signatures[activeSignature]?.activeParameter ?? help.activeParameter ?? 0;
      return { value: { signatures, activeSignature, activeParameter }, dispose: () => {} };
    },
  });
}
