import { children } from './catalogue/children.ts';
import { clients } from './catalogue/clients.ts';
import { errors } from './catalogue/errors.ts';
import type { Fault } from './catalogue/fault.ts';
import { intrinsics } from './catalogue/intrinsics.ts';
import { loading } from './catalogue/loading.ts';
import { loops } from './catalogue/loops.ts';
import { memory } from './catalogue/memory.ts';
import { native } from './catalogue/native.ts';
import { peers } from './catalogue/peers.ts';
import { processes } from './catalogue/processes.ts';
import { replies } from './catalogue/replies.ts';
import { sockets } from './catalogue/sockets.ts';
import { storms } from './catalogue/storms.ts';
import { workers } from './catalogue/workers.ts';

/** Every fault, in the order of the table. */
export const catalogue: readonly Fault[] = [
  ...loops,
  ...storms,
  ...native,
  ...memory,
  ...errors,
  ...processes,
  ...intrinsics,
  ...replies,
  ...sockets,
  ...clients,
  ...peers,
  ...children,
  ...loading,
  ...workers,
];
