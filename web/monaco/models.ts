import { editor, type Uri } from 'monaco-editor/editor/editor.api';
import { call, functionPath } from '../api/client.ts';
import { type DraftBegin, useDrafts } from '../state/drafts.ts';
import { functionOf, functionUri } from './uris.ts';
import { own } from '../state/own.ts';

interface OpenFunction {
  readonly model: editor.ITextModel;
  live: DraftBegin | undefined;
  /** What the model was last brought in step with. */
  text: string;
  /** Whether what changes the text at this moment is this module. */
  following: boolean;
}

/**
 * The texts of the functions that are open. A draft is what its model holds; without a draft a model holds
 * what is live, and follows it.
 */
export class FunctionModels {
  readonly #open = new Map<string, OpenFunction>();
  /** Where somebody was in each function: cursor, scroll position, folds. */
  readonly #views = new Map<string, editor.ICodeEditorViewState | null>();
  readonly #onOpen: (model: editor.ITextModel) => void;

  /** `onOpen` is told of each function's model; the model's own disposal says that it was closed. */
  constructor(onOpen: (model: editor.ITextModel) => void) {
    this.#onOpen = onOpen;
    useDrafts.subscribe(() => this.#open.forEach((entry, name) => this.#bring(name, entry)));
  }

  /** The model of a function, made on the first call with its draft or else with what is live. */
  open(name: string, live: DraftBegin | undefined): editor.ITextModel {
    const known = this.#open.get(name);
    if (known) {
      this.follow(name, live);
      return known.model;
    }
    const text = own(useDrafts.getState().drafts, name)?.source ?? live?.baseSource ?? '';
    const uri = functionUri(name);
    editor.getModel(uri)?.dispose();
    const model = editor.createModel(text, 'typescript', uri);
    model.updateOptions({ tabSize: 2, insertSpaces: true });
    model.detectIndentation(true, 2);
    const entry: OpenFunction = { model, live, text, following: false };
    this.#open.set(name, entry);
    model.onDidChangeContent(() => this.#written(name, entry));
    this.#onOpen(model);
    return model;
  }

  /** Says what is live now: models without a draft take it on at once. */
  follow(name: string, live: DraftBegin | undefined): void {
    const entry = this.#open.get(name);
    if (!entry || live === undefined) return;
    entry.live = live;
    this.#bring(name, entry);
  }

  /** Closes all functions but these. */
  keep(names: readonly string[]): void {
    for (const [name, { model }] of this.#open) {
      if (names.includes(name)) continue;
      this.#open.delete(name);
      this.#views.delete(name);
      model.dispose();
    }
  }

  /** Remembers where somebody is in the function that an editor shows. */
  keepView(at: editor.ICodeEditor): void {
    const uri = at.getModel()?.uri;
    const name = uri && functionOf(uri);
    if (name !== undefined && this.#open.has(name)) this.#views.set(name, at.saveViewState());
  }

  /** Goes back to where somebody was. */
  restoreView(at: editor.ICodeEditor): void {
    const uri = at.getModel()?.uri;
    at.restoreViewState(this.#views.get((uri && functionOf(uri)) ?? '') ?? null);
  }

  /** Makes sure that there is a model for a place that somebody goes to: Monaco cannot make one by itself. */
  async ready(uri: Uri): Promise<editor.ITextModel | undefined> {
    const name = functionOf(uri);
    if (name !== undefined && this.#open.has(name)) return editor.getModel(uri) ?? undefined;
    const known = editor.getModel(uri);
    if (known && name === undefined) return known;
    const text = await (name === undefined ? readDeclarations(uri) : readLive(name));
    if (text === undefined) return undefined;
    // Somebody else may have made it meanwhile.
    const model = editor.getModel(uri) ?? editor.createModel(text, 'typescript', uri);
    if (name !== undefined && !this.#open.has(name) && model.getValue() !== text) model.setValue(text);
    return model;
  }

  /** Opens a function that is edited from elsewhere, as a rename does. */
  async openLive(name: string): Promise<editor.ITextModel> {
    const { model } = this.#open.get(name) ?? {};
    if (model) return model;
    const { revision, source } = await call('Function', functionPath(name));
    return this.open(name, { base: revision, baseSource: source });
  }

  #written(name: string, entry: OpenFunction): void {
    if (entry.following) return;
    entry.text = entry.model.getValue();
    const { drafts, write } = useDrafts.getState();
    const { base, baseSource } = own(drafts, name) ?? entry.live ?? { base: 0, baseSource: '' };
    write(name, entry.text, { base, baseSource });
  }

  #bring(name: string, entry: OpenFunction): void {
    const text = own(useDrafts.getState().drafts, name)?.source ?? entry.live?.baseSource;
    if (text === undefined || text === entry.text) return;
    entry.text = text;
    entry.following = true;
    replaceText(entry.model, text);
    entry.following = false;
  }
}

/** Replaces what differs, so that cursors, folds and the history of changes stay. */
function replaceText(model: editor.ITextModel, text: string): void {
  const before = model.getValue();
  const most = Math.min(before.length, text.length);
  let start = 0;
  while (start < most && before.charCodeAt(start) === text.charCodeAt(start)) start++;
  let end = 0;
  while (end < most - start && before.charCodeAt(before.length - 1 - end) === text.charCodeAt(text.length - 1 - end)) end++;
  const from = model.getPositionAt(start);
  const to = model.getPositionAt(before.length - end);
  const range = { startLineNumber: from.lineNumber, startColumn: from.column, endLineNumber: to.lineNumber, endColumn: to.column };
  // A carriage return cut from its line feed would be put right by the model, to a text that differs.
  if (before.includes('\r') || text.includes('\r')) model.setValue(text);
  else model.pushEditOperations([], [{ range, text: text.slice(start, text.length - end) }], () => null);
}

async function readLive(name: string): Promise<string | undefined> {
  const draft = own(useDrafts.getState().drafts, name);
  if (draft) return draft.source;
  return call('Function', functionPath(name)).then(
    ({ source }) => source,
    () => undefined,
  );
}

async function readDeclarations(uri: Uri): Promise<string | undefined> {
  const response = await fetch(`/_/source?uri=${encodeURIComponent(uri.toString())}`).catch(() => undefined);
  return response?.ok ? response.text() : undefined;
}
