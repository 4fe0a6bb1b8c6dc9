import { Uri } from 'monaco-editor/editor/editor.api';

const folder = '/app/functions/';

/** The URI under which the language server knows a function. */
export function functionUri(name: string): Uri {
  return Uri.from({ scheme: 'file', path: `${folder}${name}.ts` });
}

/** The name of the function with this URI; undefined when it is no function's. */
export function functionOf(uri: Uri): string | undefined {
  if (uri.scheme !== 'file' || !uri.path.startsWith(folder) || !uri.path.endsWith('.ts')) return undefined;
  return uri.path.slice(folder.length, -'.ts'.length);
}
