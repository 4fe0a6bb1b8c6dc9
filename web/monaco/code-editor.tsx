import { editor, type IPosition, type IRange } from 'monaco-editor/editor/editor.api';
import { type ReactNode, type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import type { DraftBegin } from '../state/drafts.ts';
import { placeOf } from '../state/links.ts';
import { functionUri } from './uris.ts';
import { models, onGoTo, type ReadOnlyPlace } from './workspace.ts';

/** What can be asked of the editor from outside. */
export interface CodeEditorHandle {
  focus(): void;
  /** Runs one of Monaco's own actions, such as `editor.action.formatDocument`. */
  run(action: string): void;
}

export interface CodeEditorProps {
  readonly name: string;
  /** What is live; undefined for a function that is not published. */
  readonly live: DraftBegin | undefined;
  /** Shown in place of the function. */
  readonly reading: ReadOnlyPlace | undefined;
  /** Told when somebody goes to another function or into a declaration. */
  readonly onOpen: (name: string, place: IPosition | undefined) => void;
  readonly onRead: (place: ReadOnlyPlace) => void;
  readonly ref?: Ref<CodeEditorHandle>;
}

const options: editor.IStandaloneEditorConstructionOptions = {
  automaticLayout: true,
  renderFinalNewline: 'on',
  fontFamily: "ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  fontSize: 13,
  lineNumbersMinChars: 3,
  minimap: { enabled: false },
  scrollBeyondLastLine: false,
  fixedOverflowWidgets: true,
  padding: { top: 8, bottom: 8 },
  'semanticHighlighting.enabled': true,
  stickyScroll: { enabled: true },
  bracketPairColorization: { enabled: false },
  unicodeHighlight: { nonBasicASCII: false, ambiguousCharacters: true, invisibleCharacters: true },
  quickSuggestions: { other: true, comments: false, strings: true },
  suggest: { showStatusBar: false, localityBonus: true, preview: false },
  // Drops from other windows would replace text without a draft being asked for.
  dropIntoEditor: { enabled: false },
};

/** The editor of functions: one Monaco for all tabs, so that changing between them is instant. */
export function CodeEditor({ name, live, reading, onOpen, onRead, ref }: CodeEditorProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const code = useRef<editor.IStandaloneCodeEditor>(undefined);
  useEffect(() => {
    if (!host.current) return undefined;
    const made = editor.create(host.current, { ...options, model: null });
    code.current = made;
    return () => {
      code.current = undefined;
      models.keepView(made);
      made.dispose();
    };
  }, []);
  useEffect(() => onGoTo({ toFunction: onOpen, toFile: onRead }), [onOpen, onRead]);
  useEffect(() => {
    const at = code.current;
    if (!at) return undefined;
    at.setModel(models.open(name, live));
    at.updateOptions({ readOnly: false, ariaLabel: `Source of ${name}` });
    models.restoreView(at);
    return () => {
      if (code.current === at) models.keepView(at);
    };
    // What is live is followed below, without coming back to the tab.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [name]);
  useEffect(() => models.follow(name, live), [name, live]);
  useEffect(() => {
    const at = code.current;
    if (!at || !reading) return undefined;
    models.keepView(at);
    at.setModel(reading.model);
    at.updateOptions({ readOnly: true, ariaLabel: `${reading.uri}, read-only` });
    if (reading.selection) reveal(at, reading.selection);
    at.focus();
    return () => {
      if (code.current !== at) return;
      at.setModel(editor.getModel(functionUri(name)));
      at.updateOptions({ readOnly: false, ariaLabel: `Source of ${name}` });
      models.restoreView(at);
    };
  }, [reading, name]);
  useEffect(() => followHash(() => code.current), [name]);
  useImperativeHandle(ref, () => ({
    focus: () => code.current?.focus(),
    run: (action) => {
      code.current?.focus();
      code.current?.trigger('console', action, undefined);
    },
  }));
  return <div ref={host} className="editor-code" />;
}

/** Goes to the place that the address names, now and whenever somebody follows a link to one. */
function followHash(current: () => editor.IStandaloneCodeEditor | undefined): () => void {
  const go = (): void => {
    const place = placeOf(location.hash);
    const at = current();
    if (!place || !at) return;
    reveal(at, { lineNumber: place.line, column: place.column });
    at.focus();
  };
  go();
  // wouter makes the first two of what the browser does not tell.
  const events = ['pushState', 'replaceState', 'popstate', 'hashchange'];
  for (const event of events) addEventListener(event, go);
  return () => events.forEach((event) => removeEventListener(event, go));
}

function reveal(at: editor.IStandaloneCodeEditor, place: IRange | IPosition): void {
  if ('lineNumber' in place) {
    at.setPosition(place);
    at.revealPositionInCenterIfOutsideViewport(place);
  } else {
    at.setSelection(place);
    at.revealRangeInCenterIfOutsideViewport(place);
  }
}
