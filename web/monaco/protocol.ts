/** What of the Language Server Protocol 3.17 the console uses, under the protocol's own names. */
export interface LspPosition {
  /** From 0, in UTF-16 code units. */
  readonly line: number;
  readonly character: number;
}

export interface LspRange {
  readonly start: LspPosition;
  readonly end: LspPosition;
}

export interface LspTextEdit {
  readonly range: LspRange;
  readonly newText: string;
}

/** Where a completion's text goes: one place, or one for inserting and one for replacing. */
export interface LspCompletionEdit {
  readonly newText: string;
  readonly range?: LspRange;
  readonly insert?: LspRange;
  readonly replace?: LspRange;
}

export type LspMarkup = string | { readonly kind?: string; readonly value: string; readonly language?: string };

export interface LspCompletionItem {
  readonly label: string;
  readonly labelDetails?: { readonly detail?: string; readonly description?: string };
  readonly kind?: number;
  readonly tags?: readonly number[];
  readonly detail?: string;
  readonly documentation?: LspMarkup;
  readonly preselect?: boolean;
  readonly sortText?: string;
  readonly filterText?: string;
  readonly insertText?: string;
  readonly insertTextFormat?: number;
  readonly textEdit?: LspCompletionEdit;
  readonly additionalTextEdits?: readonly LspTextEdit[];
  readonly commitCharacters?: readonly string[];
}

export interface LspCompletionList {
  readonly isIncomplete: boolean;
  readonly items: readonly LspCompletionItem[];
  readonly itemDefaults?: {
    readonly commitCharacters?: readonly string[];
    readonly editRange?: LspRange | { readonly insert: LspRange; readonly replace: LspRange };
    readonly insertTextFormat?: number;
    readonly data?: unknown;
  };
}

export interface LspLocation {
  readonly uri: string;
  readonly range: LspRange;
}

export interface LspLocationLink {
  readonly targetUri: string;
  readonly targetRange: LspRange;
  readonly targetSelectionRange: LspRange;
  readonly originSelectionRange?: LspRange;
}

export type LspPlaces = LspLocation | readonly (LspLocation | LspLocationLink)[] | null;

export interface LspDiagnostic {
  readonly range: LspRange;
  readonly severity?: number;
  readonly code?: number | string;
  readonly source?: string;
  readonly message: string;
  readonly tags?: readonly number[];
  readonly relatedInformation?: readonly { readonly location: LspLocation; readonly message: string }[];
}

export interface LspWorkspaceEdit {
  readonly changes?: Readonly<Record<string, readonly LspTextEdit[]>>;
  readonly documentChanges?: readonly { readonly textDocument?: { readonly uri: string }; readonly edits?: readonly LspTextEdit[] }[];
}

export interface LspCodeAction {
  readonly title: string;
  readonly kind?: string;
  readonly isPreferred?: boolean;
  readonly diagnostics?: readonly LspDiagnostic[];
  readonly edit?: LspWorkspaceEdit;
}

export interface LspSymbol {
  readonly name: string;
  readonly detail?: string;
  readonly kind: number;
  readonly range?: LspRange;
  readonly selectionRange?: LspRange;
  readonly location?: LspLocation;
  readonly children?: readonly LspSymbol[];
}

export interface LspSignatureHelp {
  readonly activeSignature?: number | null;
  readonly activeParameter?: number | null;
  readonly signatures: readonly {
    readonly label: string;
    readonly documentation?: LspMarkup;
    readonly activeParameter?: number | null;
    readonly parameters?: readonly { readonly label: string | readonly [number, number]; readonly documentation?: LspMarkup }[];
  }[];
}

/** What the server answers to each request. */
export interface LspResults {
  initialize: {
    readonly capabilities: {
      readonly completionProvider?: { readonly triggerCharacters?: readonly string[] };
      readonly semanticTokensProvider?: {
        readonly legend: { readonly tokenTypes: readonly string[]; readonly tokenModifiers: readonly string[] };
      };
    };
  };
  'textDocument/completion': LspCompletionList | readonly LspCompletionItem[] | null;
  'completionItem/resolve': LspCompletionItem;
  'textDocument/hover': { readonly contents: LspMarkup | readonly LspMarkup[]; readonly range?: LspRange } | null;
  'textDocument/signatureHelp': LspSignatureHelp | null;
  'textDocument/definition': LspPlaces;
  'textDocument/typeDefinition': LspPlaces;
  'textDocument/implementation': LspPlaces;
  'textDocument/references': readonly LspLocation[] | null;
  'textDocument/documentHighlight': readonly { readonly range: LspRange; readonly kind?: number }[] | null;
  'textDocument/prepareRename':
    | LspRange
    | { readonly range: LspRange; readonly placeholder: string }
    | { readonly defaultBehavior: boolean }
    | null;
  'textDocument/rename': LspWorkspaceEdit | null;
  'textDocument/formatting': readonly LspTextEdit[] | null;
  'textDocument/rangeFormatting': readonly LspTextEdit[] | null;
  'textDocument/documentSymbol': readonly LspSymbol[] | null;
  'textDocument/foldingRange': readonly { readonly startLine: number; readonly endLine: number; readonly kind?: string }[] | null;
  'textDocument/semanticTokens/full': { readonly data: readonly number[] } | null;
  'textDocument/codeAction': readonly LspCodeAction[] | null;
  'codeAction/resolve': LspCodeAction;
  'textDocument/diagnostic': { readonly kind: string; readonly items?: readonly LspDiagnostic[] };
}

export type LspMethod = keyof LspResults;

const dynamicRegistration = false;
const markdown = ['markdown', 'plaintext'];

/** What the console can do with, for `initialize`. */
export const clientCapabilities = {
  general: { positionEncodings: ['utf-16'] },
  workspace: { workspaceEdit: { documentChanges: false }, diagnostics: { refreshSupport: true } },
  textDocument: {
    synchronization: { dynamicRegistration },
    completion: {
      dynamicRegistration,
      contextSupport: true,
      completionItem: {
        snippetSupport: true,
        commitCharactersSupport: true,
        documentationFormat: markdown,
        deprecatedSupport: true,
        preselectSupport: true,
        insertReplaceSupport: true,
        labelDetailsSupport: true,
        tagSupport: { valueSet: [1] },
        resolveSupport: { properties: ['documentation', 'detail', 'additionalTextEdits'] },
      },
      completionList: { itemDefaults: ['commitCharacters', 'editRange', 'insertTextFormat', 'data'] },
    },
    hover: { dynamicRegistration, contentFormat: markdown },
    signatureHelp: {
      dynamicRegistration,
      contextSupport: true,
      signatureInformation: {
        documentationFormat: markdown,
        activeParameterSupport: true,
        parameterInformation: { labelOffsetSupport: true },
      },
    },
    definition: { dynamicRegistration, linkSupport: true },
    typeDefinition: { dynamicRegistration, linkSupport: true },
    implementation: { dynamicRegistration, linkSupport: true },
    references: { dynamicRegistration },
    documentHighlight: { dynamicRegistration },
    documentSymbol: { dynamicRegistration, hierarchicalDocumentSymbolSupport: true },
    formatting: { dynamicRegistration },
    rangeFormatting: { dynamicRegistration },
    rename: { dynamicRegistration, prepareSupport: true },
    foldingRange: { dynamicRegistration, lineFoldingOnly: true },
    codeAction: {
      dynamicRegistration,
      isPreferredSupport: true,
      dataSupport: true,
      resolveSupport: { properties: ['edit'] },
      codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'refactor', 'source', 'source.organizeImports'] } },
    },
    semanticTokens: {
      dynamicRegistration,
      requests: { full: true },
      tokenTypes: [
        ['namespace', 'type', 'class', 'enum', 'interface', 'struct', 'typeParameter', 'parameter', 'variable', 'property', 'enumMember'],
        ['event', 'function', 'method', 'macro', 'keyword', 'modifier', 'comment', 'string', 'number', 'regexp', 'operator', 'decorator'],
      ].flat(),
      tokenModifiers: ['declaration', 'definition', 'readonly', 'static', 'deprecated', 'abstract', 'async', 'defaultLibrary'],
      formats: ['relative'],
    },
    diagnostic: { dynamicRegistration, relatedDocumentSupport: false, relatedInformation: true, tagSupport: { valueSet: [1, 2] } },
    publishDiagnostics: { relatedInformation: true, tagSupport: { valueSet: [1, 2] } },
  },
} as const;

const typescript = {
  // A rename is to reach the functions that import what it renames.
  preferences: { useAliasesForRenames: false, quoteStyle: 'single' },
  format: { insertSpaceAfterFunctionKeywordForAnonymousFunctions: true, semicolons: 'ignore' },
};

/** How the language server is set up, under the names that VS Code has for it. */
export const preferences = { typescript, 'js/ts': typescript };
