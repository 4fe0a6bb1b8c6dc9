import type { HttpResponse } from './response.ts';

/** Calls back once, when the response was sent whole or can no longer be; at once if that has happened. */
export function onceClosed(response: HttpResponse, callback: () => void): void {
  const { socket } = response.req;
  if (response.destroyed || socket.destroyed) {
    callback();
    return;
  }
  const close = (): void => {
    response.off('close', close);
    socket.off('close', close);
    callback();
  };
  // First of all, because a function's own listener may throw.
  response.prependListener('close', close);
  // A pipelined response whose turn never comes does not close by itself.
  socket.prependListener('close', close);
}
