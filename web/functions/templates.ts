import { Braces, Cable, Database, FileCode, Hand, type LucideIcon, Send, Shield, Upload } from 'lucide-react';
import database from './templates/database.ts?raw' with { type: 'text' };
import empty from './templates/empty.ts?raw' with { type: 'text' };
import hello from './templates/hello.ts?raw' with { type: 'text' };
import interceptor from './templates/interceptor.ts?raw' with { type: 'text' };
import push from './templates/push.ts?raw' with { type: 'text' };
import upload from './templates/upload.ts?raw' with { type: 'text' };
import websocket from './templates/websocket.ts?raw' with { type: 'text' };

/** What a new function can begin as. */
export interface Template {
  readonly id: string;
  readonly title: string;
  /** One line: what it does. */
  readonly text: string;
  readonly icon: LucideIcon;
  /** The name that suits it; reserved ones are what makes it work. */
  readonly name: string;
  readonly source: string;
}

/** The templates, in the order in which they are offered. */
export const templates: readonly Template[] = [
  { id: 'hello', title: 'Hello', text: 'Responds to a request with JSON', icon: Hand, name: 'hello', source: hello },
  {
    id: 'websocket',
    title: 'WebSocket chat',
    text: 'Receives the events of every socket and finds sockets by user',
    icon: Cable,
    name: '__websocket__',
    source: websocket,
  },
  { id: 'push', title: 'Push to a user', text: 'Sends to a user’s socket from an HTTP call', icon: Send, name: 'push', source: push },
  { id: 'upload', title: 'Upload', text: 'Accepts files from a form', icon: Upload, name: 'upload', source: upload },
  {
    id: 'interceptor',
    title: 'Interceptor',
    text: 'Runs before every HTTP call and can refuse it',
    icon: Shield,
    name: '__interceptor__',
    source: interceptor,
  },
  { id: 'database', title: 'Database', text: 'Reads and writes a MongoDB collection', icon: Database, name: 'todos', source: database },
  { id: 'empty', title: 'Empty', text: 'Just the export', icon: FileCode, name: '', source: empty },
];

/** The mark of functions that are not reserved. */
export const plainIcon = Braces;

/** The template of that id, the first one unless there is one. */
export function templateOf(id: string | undefined): Template {
  const [first] = templates;
  const found = templates.find((template) => template.id === id) ?? first;
  if (!found) throw new Error('There are no templates.');
  return found;
}
