import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { Format } from './payload.ts';
import { mergeKept } from '../state/kept.ts';
import { newId } from '../state/id.ts';

/** A parameter of a client's URL. */
export interface QueryRow {
  readonly id: string;
  readonly name: string;
  readonly value: string;
}

/** How one client of the console connects. */
export interface ClientDefinition {
  readonly id: string;
  readonly name: string;
  /** Below the functions' origin, or a whole `ws:` URL. */
  readonly url: string;
  readonly query: readonly QueryRow[];
  /** Sent as the parameter `token`, since a browser cannot set headers; empty for none. */
  readonly token: string;
  /** Subprotocols to offer, separated by commas. */
  readonly protocols: string;
  readonly reconnect: boolean;
}

/** A message that is kept for later. */
export interface SavedMessage {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly format: Format;
}

interface Definitions {
  readonly clients: readonly ClientDefinition[];
  readonly messages: readonly SavedMessage[];
  /** Adds a client, like another one or like new; answers it. */
  readonly addClient: (like?: ClientDefinition) => ClientDefinition;
  readonly changeClient: (id: string, change: Partial<Omit<ClientDefinition, 'id'>>) => void;
  readonly removeClient: (id: string) => void;
  /** Keeps a message; one with the same id is replaced. */
  readonly saveMessage: (message: SavedMessage) => void;
  readonly removeMessage: (id: string) => void;
}

const names = ['Ada', 'Bob', 'Cleo', 'Dev', 'Eve', 'Finn', 'Gus', 'Hana'];

/** The clients of the socket console and the messages that were saved, kept in this browser. */
export const useDefinitions = create<Definitions>()(
  persist(
    (set, get) => ({
      // Two, so that what one says is seen by the other.
      clients: [newClient([]), newClient(names.slice(0, 1))],
      messages: [],
      addClient: (like) => {
        const { clients } = get();
        const fresh = newClient(clients.map(({ name }) => name));
        const added = like ? { ...like, id: fresh.id, name: fresh.name } : fresh;
        set({ clients: [...clients, added] });
        return added;
      },
      changeClient: (id, change) => set({ clients: get().clients.map((client) => (client.id === id ? { ...client, ...change } : client)) }),
      removeClient: (id) => set({ clients: get().clients.filter((client) => client.id !== id) }),
      saveMessage: (message) => {
        const { messages } = get();
        const isKnown = messages.some(({ id }) => id === message.id);
        set({ messages: isKnown ? messages.map((one) => (one.id === message.id ? message : one)) : [...messages, message] });
      },
      removeMessage: (id) => set({ messages: get().messages.filter((message) => message.id !== id) }),
    }),
    { name: 'hearth.sockets', version: 1, merge: mergeKept, partialize: ({ clients, messages }) => ({ clients, messages }) },
  ),
);

function newClient(taken: readonly string[]): ClientDefinition {
  const name = names.find((one) => !taken.includes(one)) ?? `Client ${taken.length + 1}`;
  return { id: newId(), name, url: '__websocket__', query: [], token: '', protocols: '', reconnect: true };
}
