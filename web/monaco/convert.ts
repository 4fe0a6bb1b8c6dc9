import { type IMarkdownString, type IPosition, type IRange, languages, Uri } from 'monaco-editor/editor/editor.api';
import type { LspCompletionItem, LspMarkup, LspPlaces, LspPosition, LspRange, LspTextEdit, LspWorkspaceEdit } from './protocol.ts';

/** A range as Monaco has it: from 1. */
export function toRange({ start, end }: LspRange): IRange {
  return { startLineNumber: start.line + 1, startColumn: start.character + 1, endLineNumber: end.line + 1, endColumn: end.character + 1 };
}

/** A range as the protocol has it: from 0. */
export function toLspRange({ startLineNumber, startColumn, endLineNumber, endColumn }: IRange): LspRange {
  return {
    start: toLspPosition({ lineNumber: startLineNumber, column: startColumn }),
    end: toLspPosition({ lineNumber: endLineNumber, column: endColumn }),
  };
}

export function toLspPosition({ lineNumber, column }: IPosition): LspPosition {
  return { line: lineNumber - 1, character: column - 1 };
}

export function toEdit({ range, newText }: LspTextEdit): languages.TextEdit {
  return { range: toRange(range), text: newText };
}

/** Markdown as it comes; Monaco shows no HTML of it and follows no commands. */
export function toMarkdown(markup: LspMarkup): IMarkdownString {
  if (typeof markup === 'string') return { value: markup };
  return { value: markup.language === undefined ? markup.value : `\`\`\`${markup.language}\n${markup.value}\n\`\`\`` };
}

/** The edits of all files, with the URIs of the files. */
export function toFileEdits({
  changes = {},
  documentChanges = [],
}: LspWorkspaceEdit): readonly { uri: Uri; edits: readonly LspTextEdit[] }[] {
  const named = documentChanges.flatMap(({ textDocument, edits }) => (textDocument && edits ? [{ uri: textDocument.uri, edits }] : []));
  const plain = Object.entries(changes).map(([uri, edits]) => ({ uri, edits }));
  return [...plain, ...named].map(({ uri, edits }) => ({ uri: Uri.parse(uri), edits }));
}

export function toWorkspaceEdit(edit: LspWorkspaceEdit): languages.WorkspaceEdit {
  const edits = toFileEdits(edit).flatMap(({ uri, edits: list }) =>
    list.map((one) => ({ resource: uri, versionId: undefined, textEdit: toEdit(one) })),
  );
  return { edits };
}

/** The source positions, each where it is shown. */
export function toLocations(places: LspPlaces | undefined): languages.LocationLink[] {
  if (!places) return [];
  const list = 'uri' in places ? [places] : places;
  return list.map((one) =>
    'uri' in one
      ? { uri: Uri.parse(one.uri), range: toRange(one.range) }
      : {
          uri: Uri.parse(one.targetUri),
          range: toRange(one.targetRange),
          targetSelectionRange: toRange(one.targetSelectionRange),
          ...(one.originSelectionRange && { originSelectionRange: toRange(one.originSelectionRange) }),
        },
  );
}

const { CompletionItemKind: kinds } = languages;
// In the order of the protocol's numbers, from 1.
const completionKinds = [
  [kinds.Text, kinds.Method, kinds.Function, kinds.Constructor, kinds.Field, kinds.Variable, kinds.Class, kinds.Interface, kinds.Module],
  [
    kinds.Property,
    kinds.Unit,
    kinds.Value,
    kinds.Enum,
    kinds.Keyword,
    kinds.Snippet,
    kinds.Color,
    kinds.File,
    kinds.Reference,
    kinds.Folder,
  ],
  [kinds.EnumMember, kinds.Constant, kinds.Struct, kinds.Event, kinds.Operator, kinds.TypeParameter],
].flat();

/** A completion with what its list says for all; `word` is replaced unless the server says what is. */
export function toCompletion(item: LspCompletionItem, word: languages.CompletionItemRanges): languages.CompletionItem {
  const { label, labelDetails, kind = 1, textEdit, additionalTextEdits, commitCharacters, documentation } = item;
  const given = { detail: item.detail, sortText: item.sortText, filterText: item.filterText, preselect: item.preselect };
  return {
    ...present(given),
    label: labelDetails ? { label, ...labelDetails } : label,
    kind: completionKinds[kind - 1] ?? kinds.Text,
    insertText: textEdit?.newText ?? item.insertText ?? label,
    range: toRanges(textEdit) ?? word,
    ...(item.insertTextFormat === 2 && { insertTextRules: languages.CompletionItemInsertTextRule.InsertAsSnippet }),
    ...(item.tags?.includes(1) && { tags: [languages.CompletionItemTag.Deprecated] }),
    ...(documentation !== undefined && { documentation: toMarkdown(documentation) }),
    ...(commitCharacters && { commitCharacters: [...commitCharacters] }),
    ...(additionalTextEdits && { additionalTextEdits: additionalTextEdits.map(toEdit) }),
  };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The members that are there. */
function present<T extends object>(members: T): Present<T> {
  const kept: Present<T> = {};
  for (const key in members) {
    const value = members[key];
    if (isPresent(value)) kept[key] = value;
  }
  return kept;
}

function isPresent<T>(value: T): value is Exclude<T, undefined> {
  return value !== undefined;
}

/** Where something is inserted, if it says so. */
export function toRanges(
  edit: { range?: LspRange; insert?: LspRange; replace?: LspRange } | undefined,
): languages.CompletionItemRanges | undefined {
  if (edit?.range) return { insert: toRange(edit.range), replace: toRange(edit.range) };
  if (edit?.insert && edit.replace) return { insert: toRange(edit.insert), replace: toRange(edit.replace) };
  return undefined;
}
