import { editor, MarkerSeverity, MarkerTag, type CancellationToken } from 'monaco-editor/editor/editor.api';
import { Connection } from './connection.ts';
import { toLspRange, toRange } from './convert.ts';
import type { LspDiagnostic, LspMethod, LspResults } from './protocol.ts';

const owner = 'typescript';
/** Milliseconds after a change until its function, and the other open ones, are looked at again. */
const pauses = { own: 250, others: 900 } as const;

/** Has the language server know the open functions as they are in the editor, and shows what it finds. */
export class LanguageClient {
  readonly #documents = new Set<editor.ITextModel>();
  readonly #connection: Connection;
  readonly #timers = new Map<editor.ITextModel, ReturnType<typeof setTimeout>>();
  /** What the server's tokens mean, once it has said so. */
  legend: { readonly tokenTypes: string[]; readonly tokenModifiers: string[] } = { tokenTypes: [], tokenModifiers: [] };
  /** The diagnostics behind the markers of a model, for quick fixes. */
  readonly diagnostics = new WeakMap<editor.ITextModel, readonly LspDiagnostic[]>();

  constructor() {
    this.#connection = new Connection({
      onReady: ({ semanticTokensProvider }) => {
        const { tokenTypes = [], tokenModifiers = [] } = semanticTokensProvider?.legend ?? {};
        this.legend = { tokenTypes: [...tokenTypes], tokenModifiers: [...tokenModifiers] };
        for (const model of this.#documents) this.#open(model);
        this.#lookAgain();
      },
      onNotice: (method) => method === 'workspace/diagnostic/refresh' && this.#lookAgain(),
    });
  }

  /** Keeps the server informed of a function until its model is disposed of. */
  track(model: editor.ITextModel): void {
    this.#documents.add(model);
    this.#open(model);
    this.#look(model, 0);
    model.onDidChangeContent(({ changes, isFlush }) => {
      const contentChanges = isFlush
        ? [{ text: model.getValue() }]
        : changes.map(({ range, text }) => ({ range: toLspRange(range), text }));
      const textDocument = { uri: model.uri.toString(), version: model.getVersionId() };
      this.#connection.notify('textDocument/didChange', { textDocument, contentChanges });
      this.#look(model, pauses.own);
      for (const other of this.#documents) if (other !== model) this.#look(other, pauses.others);
    });
    model.onWillDispose(() => {
      this.#documents.delete(model);
      clearTimeout(this.#timers.get(model));
      this.#timers.delete(model);
      editor.setModelMarkers(model, owner, []);
      this.#connection.notify('textDocument/didClose', { textDocument: { uri: model.uri.toString() } });
    });
  }

  /** Asks about a model; undefined when it was cancelled, or the server has no answer. */
  async ask<M extends LspMethod>(method: M, params: object, token?: CancellationToken): Promise<LspResults[M] | undefined> {
    if (token?.isCancellationRequested) return undefined;
    const request = this.#connection.request(method, params);
    const listener = token?.onCancellationRequested(() => request.cancel());
    try {
      return await request.result;
    } catch {
      // Nothing to show is what editors do with questions that a language server cannot answer.
      return undefined;
    } finally {
      listener?.dispose();
    }
  }

  #open(model: editor.ITextModel): void {
    const textDocument = { uri: model.uri.toString(), languageId: 'typescript', version: model.getVersionId(), text: model.getValue() };
    this.#connection.notify('textDocument/didOpen', { textDocument });
  }

  #lookAgain(): void {
    for (const model of this.#documents) this.#look(model, 0);
  }

  #look(model: editor.ITextModel, pause: number): void {
    clearTimeout(this.#timers.get(model));
    this.#timers.set(
      model,
      setTimeout(() => void this.#readDiagnostics(model), pause),
    );
  }

  async #readDiagnostics(model: editor.ITextModel): Promise<void> {
    if (model.isDisposed()) return;
    const version = model.getVersionId();
    const report = await this.ask('textDocument/diagnostic', { textDocument: { uri: model.uri.toString() } });
    if (!report?.items || model.isDisposed() || model.getVersionId() !== version) return;
    this.diagnostics.set(model, report.items);
    editor.setModelMarkers(model, owner, report.items.map(toMarker));
  }
}

const severities = [MarkerSeverity.Error, MarkerSeverity.Error, MarkerSeverity.Warning, MarkerSeverity.Info, MarkerSeverity.Hint] as const;
const tags = [undefined, MarkerTag.Unnecessary, MarkerTag.Deprecated] as const;

function toMarker({ range, severity = 1, code, message, tags: given = [] }: LspDiagnostic): editor.IMarkerData {
  return {
    ...toRange(range),
    severity: severities[severity] ?? MarkerSeverity.Error,
    message,
    source: 'ts',
    tags: given.flatMap((tag) => tags[tag] ?? []),
    ...(code !== undefined && { code: String(code) }),
  };
}
