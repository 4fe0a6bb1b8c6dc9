import cloud, { type FunctionSocket } from '@lafjs/cloud';

/**
 * Sends a message to one connected user: GET /push?userId=…&message=…
 *
 * As it stands anyone may call it. To allow only users of yours, check `ctx.user`, which is the
 * content of the caller's token, or null.
 */
export default async function (ctx: FunctionContext) {
  const { userId, message } = ctx.query;
  if (typeof userId !== 'string' || typeof message !== 'string') {
    ctx.response?.status(400);
    return { error: 'Call it as /push?userId=…&message=…' };
  }

  // __websocket__.ts keeps this map. It is not there before the first socket has connected.
  const sockets: Map<string, FunctionSocket> | undefined = cloud.shared.get('socketsByUser');
  const socket = sockets?.get(userId);

  // A socket that is closing is still in the map for a moment: 1 means open.
  if (socket?.readyState !== 1) {
    ctx.response?.status(404);
    return { error: `User "${userId}" is not connected.` };
  }

  socket.send(JSON.stringify({ type: 'push', message }));
  return { sent: true };
}
