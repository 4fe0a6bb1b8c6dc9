// oxlint-disable-next-line import/no-unassigned-import -- what it registers is what it is for
import './features.ts';
import { editor } from 'monaco-editor/editor/editor.api';
import { isDark, useSettings, watchDark } from '../state/settings.ts';

/** Readies Monaco for this page: its worker, and themes in the page's own colours. */
export function setUpMonaco(): void {
  const address = document.querySelector<HTMLMetaElement>('meta[name="editor-worker"]')?.content;
  globalThis.MonacoEnvironment = {
    getWorker: () => {
      if (address === undefined) throw new Error('The page does not name the worker of the editor.');
      return new Worker(address, { type: 'module', name: 'editor' });
    },
  };
  applyTheme(isDark(useSettings.getState().theme));
  watchDark(applyTheme);
}

function applyTheme(dark: boolean): void {
  // The page has taken on its new colours before.
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const token = (name: string, foreground: string, fontStyle = ''): editor.ITokenThemeRule => ({
    token: name,
    foreground: color(foreground).slice(1),
    fontStyle,
  });
  const name = dark ? 'hearth-dark' : 'hearth-light';
  editor.defineTheme(name, {
    base: dark ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [
      token('', 'text'),
      token('comment', 'muted', 'italic'),
      token('keyword', 'accent'),
      token('string', 'good'),
      token('string.escape', 'warn'),
      token('regexp', 'bad'),
      token('number', 'info'),
      token('type', 'info'),
      token('identifier', 'text'),
      ...['delimiter', 'variable', 'parameter', 'property'].map((one) => token(one, 'text')),
      ...['class', 'interface', 'enum', 'namespace', 'typeParameter'].map((one) => token(one, 'info')),
      ...['function', 'method'].map((one) => token(one, 'warn')),
      ...['enumMember', 'variable.readonly.defaultLibrary'].map((one) => token(one, 'info')),
    ],
    colors: toColors(color),
  });
  editor.setTheme(name);
}

function toColors(color: (name: string) => string): editor.IColors {
  const soft = (name: string, alpha: string): string => `${color(name)}${alpha}`;
  return {
    'editor.background': color('card'),
    'editor.foreground': color('text'),
    'editorLineNumber.foreground': color('muted'),
    'editorLineNumber.activeForeground': color('accent'),
    'editorCursor.foreground': color('accent'),
    'editor.lineHighlightBackground': soft('hover', '66'),
    'editor.lineHighlightBorder': '#00000000',
    'editor.selectionBackground': soft('accent', '40'),
    'editor.inactiveSelectionBackground': soft('accent', '22'),
    'editor.wordHighlightBackground': soft('info', '2c'),
    'editor.wordHighlightStrongBackground': soft('info', '44'),
    'editor.findMatchBackground': soft('warn', '66'),
    'editor.findMatchHighlightBackground': soft('warn', '33'),
    'editorBracketHighlight.foreground1': color('text'),
    'editorBracketHighlight.foreground2': color('accent'),
    'editorBracketHighlight.foreground3': color('info'),
    'editorBracketHighlight.unexpectedBracket.foreground': color('bad'),
    'editorIndentGuide.background1': color('line'),
    'editorIndentGuide.activeBackground1': color('line-strong'),
    'editorWidget.background': color('panel'),
    'editorWidget.foreground': color('text'),
    'editorWidget.border': color('line'),
    'editorHoverWidget.background': color('card'),
    'editorSuggestWidget.background': color('card'),
    'editorSuggestWidget.selectedBackground': color('selected'),
    'editorSuggestWidget.selectedForeground': color('text'),
    'editorSuggestWidget.highlightForeground': color('accent'),
    'editorSuggestWidget.focusHighlightForeground': color('accent'),
    'list.focusBackground': color('selected'),
    'list.focusForeground': color('text'),
    'list.hoverBackground': color('hover'),
    'list.highlightForeground': color('accent'),
    'quickInput.background': color('panel'),
    'quickInputList.focusBackground': color('selected'),
    'quickInputList.focusForeground': color('text'),
    'menu.background': color('card'),
    'menu.foreground': color('text'),
    'menu.selectionBackground': color('selected'),
    'menu.selectionForeground': color('text'),
    'input.background': color('page'),
    'input.foreground': color('text'),
    'input.border': color('line-strong'),
    'editorError.foreground': color('bad'),
    'editorWarning.foreground': color('warn'),
    // Fainter than this, it could not be read.
    'editorUnnecessaryCode.opacity': '#000000e0',
    'editorUnnecessaryCode.border': color('line-strong'),
    'editorInfo.foreground': color('info'),
    'diffEditor.insertedTextBackground': soft('good', '33'),
    'diffEditor.removedTextBackground': soft('bad', '33'),
    'diffEditor.insertedLineBackground': soft('good', '18'),
    'diffEditor.removedLineBackground': soft('bad', '18'),
    'peekView.border': color('accent'),
    'peekViewTitle.background': color('panel'),
    'peekViewTitleLabel.foreground': color('text'),
    'peekViewTitleDescription.foreground': color('muted'),
    'peekViewEditor.background': color('page'),
    'peekViewEditorGutter.background': color('page'),
    'peekViewEditor.matchHighlightBackground': soft('warn', '55'),
    'peekViewResult.background': color('panel'),
    'peekViewResult.fileForeground': color('text'),
    'peekViewResult.lineForeground': color('text'),
    'peekViewResult.selectionBackground': color('selected'),
    'peekViewResult.selectionForeground': color('text'),
    'peekViewResult.matchHighlightBackground': soft('warn', '55'),
    'badge.background': color('hover'),
    'badge.foreground': color('text'),
    'editorLink.activeForeground': color('accent'),
    'textLink.foreground': color('accent'),
    focusBorder: color('accent'),
  };
}
