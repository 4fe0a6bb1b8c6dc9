import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { mergeKept } from './kept.ts';

export type Theme = 'system' | 'light' | 'dark';

interface Settings {
  readonly theme: Theme;
  /** Sizes of the panes of each split, in percent, by the split's and the panes' ids. */
  readonly layouts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly setTheme: (theme: Theme) => void;
  readonly keepLayout: (split: string, layout: Readonly<Record<string, number>>) => void;
}

/** What somebody has set up in this browser. */
export const useSettings = create<Settings>()(
  persist(
    (set) => ({
      theme: 'system',
      layouts: {},
      setTheme: (theme) => set({ theme }),
      keepLayout: (split, layout) => set(({ layouts }) => ({ layouts: { ...layouts, [split]: layout } })),
    }),
    { name: 'hearth.settings', version: 1, merge: mergeKept },
  ),
);

const darkSystem = matchMedia('(prefers-color-scheme: dark)');

/** Whether the page is dark at this moment. */
export function isDark(theme: Theme): boolean {
  return theme === 'dark' || (theme === 'system' && darkSystem.matches);
}

/** Has `listener` told when the page becomes dark or light; answers how to end it. */
export function watchDark(listener: (dark: boolean) => void): () => void {
  const tell = (): void => listener(isDark(useSettings.getState().theme));
  const end = useSettings.subscribe(tell);
  darkSystem.addEventListener('change', tell);
  return () => {
    end();
    darkSystem.removeEventListener('change', tell);
  };
}
