import { create } from 'zustand';
import type { Format } from './payload.ts';

/** What somebody is writing to send, and what they have sent. */
export interface Composing {
  readonly text: string;
  readonly format: Format;
  /** Oldest first. */
  readonly history: readonly string[];
}

interface ComposingStore {
  readonly byClient: Readonly<Record<string, Composing>>;
  readonly change: (client: string, change: Partial<Composing>) => void;
}

const nothing: Composing = { text: '', format: 'text', history: [] };
const longestHistory = 50;

const useStore = create<ComposingStore>()((set, get) => ({
  byClient: {},
  change: (client, change) => {
    const { byClient } = get();
    set({ byClient: { ...byClient, [client]: { ...(byClient[client] ?? nothing), ...change } } });
  },
}));

/** What is being written for a client, for as long as the page lives. */
export function useComposing(client: string): readonly [Composing, (change: Partial<Composing>) => void] {
  const composing = useStore((state) => state.byClient[client] ?? nothing);
  return [composing, (change) => useStore.getState().change(client, change)];
}

/** The history with one more text, which is not twice in a row. */
export function remember(history: readonly string[], text: string): readonly string[] {
  return history.at(-1) === text ? history : [...history, text].slice(-longestHistory);
}
