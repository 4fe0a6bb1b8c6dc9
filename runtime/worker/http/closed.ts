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
  response.on('close', close);
  // A pipelined response whose turn never comes does not close by itself.
  socket.on('close', close);
}
