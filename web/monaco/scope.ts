import type { editor, IPosition, languages } from 'monaco-editor/editor/editor.api';
import { toLspPosition } from './convert.ts';
import type { LanguageClient } from './language-client.ts';
import type { FunctionModels } from './models.ts';

/** What providers stand on. */
export interface ProviderScope {
  readonly client: LanguageClient;
  readonly models: FunctionModels;
}

/** What the language server is asked about: files, that is, functions and declarations; no sides of comparisons. */
export const selector: languages.LanguageFilter = { language: 'typescript', scheme: 'file' };

/** A model, and a place in it, as the protocol names them. */
export function at(model: editor.ITextModel, position: IPosition): object {
  return { textDocument: { uri: model.uri.toString() }, position: toLspPosition(position) };
}
