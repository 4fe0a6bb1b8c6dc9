import type { WebSocket } from 'ws';

/**
 * Whether a whole frame may be written to the socket's stream past `send()` without getting ahead of anything:
 * ws holds frames back while it reads a Blob or deflates, and must not be interrupted inside a message that it
 * sends in fragments. ws 8 tells neither, so this reads its sender's own fields; should they change, it is false.
 */
export function sendsAtOnce(socket: WebSocket): boolean {
  if (!('_sender' in socket)) return false;
  const { _sender: sender } = socket;
  if (typeof sender !== 'object' || sender === null || !('_state' in sender) || !('_firstFragment' in sender)) return false;
  return sender._state === 0 && sender._firstFragment === true;
}
