import { create } from 'zustand';

interface LanguageState {
  /** `off`: nothing needs it. */
  readonly state: 'off' | 'starting' | 'ready' | 'reconnecting' | 'unavailable';
}

/** How the language server is, for the status bar. */
export const useLanguageState = create<LanguageState>()(() => ({ state: 'off' }));
