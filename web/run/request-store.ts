import { create } from 'zustand';
import { emptyRequest, readRequest, type RequestDraft } from './request.ts';
import { own } from '../state/own.ts';

/** What is kept of a function's requests. */
export interface Requests {
  readonly current: RequestDraft;
  /** By the names that they were given. */
  readonly saved: Readonly<Record<string, RequestDraft>>;
}

interface RequestStore {
  readonly requests: Readonly<Record<string, Requests>>;
  /** Files of multipart bodies, by their part's id. They cannot be kept any longer than the page. */
  readonly files: Readonly<Record<string, File>>;
  /** Reads what is kept of a function's requests, once. */
  readonly load: (name: string) => void;
  readonly change: (name: string, change: Partial<RequestDraft>) => void;
  /** Keeps the current request under a name. */
  readonly save: (name: string, label: string) => void;
  /** Makes a saved request the current one. */
  readonly restore: (name: string, label: string) => void;
  readonly forget: (name: string, label: string) => void;
  readonly setFile: (part: string, file: File) => void;
}

const prefix = 'hearth.run.';
const empty: Requests = { current: emptyRequest, saved: {} };

/** The requests that functions are tried with, by function, kept in this browser. */
export const useRequests = create<RequestStore>()((set, get) => {
  const put = (name: string, changed: Requests): void => {
    set({ requests: { ...get().requests, [name]: changed } });
    keep(name, changed);
  };
  const of = (name: string): Requests => own(get().requests, name) ?? empty;
  return {
    requests: {},
    files: {},
    load: (name) => {
      if (!own(get().requests, name)) set({ requests: { ...get().requests, [name]: read(name) } });
    },
    change: (name, change) => put(name, { ...of(name), current: { ...of(name).current, ...change } }),
    save: (name, label) => put(name, { ...of(name), saved: { ...of(name).saved, [label]: of(name).current } }),
    restore: (name, label) => {
      const { saved, current } = of(name);
      const request = own(saved, label);
      // A saved request holds no token: the one that is there stays.
      if (request) put(name, { saved, current: { ...request, token: request.token || current.token } });
    },
    forget: (name, label) => {
      const { [label]: _, ...saved } = of(name).saved;
      put(name, { ...of(name), saved });
    },
    setFile: (part, file) => set({ files: { ...get().files, [part]: file } }),
  };
});

/** The requests of a function. */
export function useFunctionRequests(name: string): Requests {
  return useRequests((state) => own(state.requests, name) ?? empty);
}

// A token opens what it opens for anybody who has it: it is kept until the browser's tab is closed, and not beyond.
function keep(name: string, { current, saved }: Requests): void {
  const shared = Object.fromEntries(Object.entries(saved).map(([label, request]) => [label, without(request)]));
  try {
    localStorage.setItem(prefix + name, JSON.stringify({ current: without(current), saved: shared }));
    if (current.token === '') sessionStorage.removeItem(prefix + name);
    else sessionStorage.setItem(prefix + name, current.token);
  } catch {
    // The storage is full: the request is there until the page is left.
  }
}

function without(request: RequestDraft): RequestDraft {
  return { ...request, token: '' };
}

function read(name: string): Requests {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(prefix + name) ?? 'null');
    if (typeof kept !== 'object' || kept === null) return withToken(name, empty);
    const { current, saved }: { current?: unknown; saved?: unknown } = kept;
    const entries = typeof saved === 'object' && saved !== null ? Object.entries(saved) : [];
    const requests = entries.map(([label, request]) => [label, readRequest(request)] as const);
    return withToken(name, { current: readRequest(current), saved: Object.fromEntries(requests) });
  } catch {
    return empty;
  }
}

function withToken(name: string, requests: Requests): Requests {
  return { ...requests, current: { ...requests.current, token: sessionStorage.getItem(prefix + name) ?? '' } };
}
