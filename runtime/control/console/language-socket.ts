import type { WebSocket } from 'ws';

/** What the editor asks for while somebody types. Its maker closes it, after the console. */
export interface LanguageService {
  /** Speaks the language server protocol with the socket, one JSON message a frame; the socket's close ends it. */
  connect(socket: WebSocket): void;
  /** The text of a read-only declaration file, by its `file:///lib/…`; undefined when there is none. */
  readSource(uri: string): Promise<string | undefined>;
}
