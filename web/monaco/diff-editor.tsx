import { editor } from 'monaco-editor/editor/editor.api';
import { type ReactNode, useEffect, useRef } from 'react';
import type { DiffViewProps } from './diff-view.tsx';

/** Two texts beside each other, or in one column where there is no room. */
export function DiffEditor({ original, modified, onChange, label }: DiffViewProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const made = useRef<editor.IStandaloneDiffEditor>(undefined);
  const changed = useRef(onChange);
  useEffect(() => {
    changed.current = onChange;
  });
  const writable = onChange !== undefined;
  useEffect(() => {
    if (!host.current) return undefined;
    const diff = editor.createDiffEditor(host.current, {
      automaticLayout: true,
      renderFinalNewline: 'on',
      readOnly: !writable,
      originalEditable: false,
      renderSideBySide: true,
      useInlineViewWhenSpaceIsLimited: true,
      renderSideBySideInlineBreakpoint: 620,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      fixedOverflowWidgets: true,
      fontSize: 13,
      hideUnchangedRegions: { enabled: true },
      renderOverviewRuler: false,
    });
    const before = editor.createModel('', 'typescript');
    const after = editor.createModel('', 'typescript');
    diff.setModel({ original: before, modified: after });
    keepLabel(diff.getOriginalEditor(), `${label}, before`);
    keepLabel(diff.getModifiedEditor(), `${label}, after`);
    after.onDidChangeContent((event) => !event.isFlush && changed.current?.(after.getValue()));
    made.current = diff;
    return () => {
      made.current = undefined;
      diff.dispose();
      before.dispose();
      after.dispose();
    };
  }, [writable, label]);
  useEffect(() => {
    const model = made.current?.getModel();
    if (model && model.original.getValue() !== original) model.original.setValue(original);
    if (model && model.modified.getValue() !== modified) model.modified.setValue(modified);
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- with the last two, the editor is made anew
  }, [original, modified, writable, label]);
  return <div ref={host} className="editor-diff" role="group" aria-label={label} />;
}

// The comparison takes the names that it was given away from its editors when it first lays them out.
function keepLabel(side: editor.ICodeEditor, ariaLabel: string): void {
  const keep = (): void => {
    if (side.getRawOptions().ariaLabel !== ariaLabel) side.updateOptions({ ariaLabel });
  };
  keep();
  side.onDidChangeConfiguration(keep);
}
