import cloud, { type FunctionSocket } from '@lafjs/cloud';

/**
 * Sends a message to a user who is connected: GET /push?user=ada&message=hi
 *
 * Anyone may call it as it stands. `ctx.user` is the content of the caller's token, or null: check it to
 * let only some in.
 */
export default async function (ctx: FunctionContext) {
  const { user, message } = ctx.query;
  if (typeof user !== 'string' || typeof message !== 'string') {
    ctx.response?.status(400);
    return { error: 'Call it as /push?user=…&message=…' };
  }

  // `__websocket__` keeps this map. It is not there before the first socket has connected.
  const sockets: Map<string, FunctionSocket> | undefined = cloud.shared.get('socketsByUser');
  const socket = sockets?.get(user);

  // A socket that is closing is still in the map for a moment: 1 means open.
  if (socket?.readyState !== 1) {
    ctx.response?.status(404);
    return { error: `User "${user}" is not connected.` };
  }

  console.log('pushing to', user);
  socket.send(JSON.stringify({ type: 'push', message }));
  return { sent: true };
}
