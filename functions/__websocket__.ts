import cloud, { type FunctionSocket } from '@lafjs/cloud';

/**
 * Receives what happens on every WebSocket: connect with `new WebSocket('ws://…/__websocket__')`,
 * or open /demo in a browser.
 */

// Who is connected, by user id, so that other functions can reach them: push.ts does.
// It is kept in `cloud.shared` and not only in this module, because a module starts anew with
// every publish, while what is shared stays, and so do the open sockets.
const sockets: Map<string, FunctionSocket> = cloud.shared.get('socketsByUser') ?? new Map();
cloud.shared.set('socketsByUser', sockets);

export default async function (ctx: FunctionContext) {
  const { socket } = ctx;
  if (!socket) {
    // Plain requests may call this function too.
    ctx.response?.status(426).send('This is where WebSockets connect. Open /demo to try it.');
    return;
  }

  const userId = userIdOf(ctx);

  switch (ctx.method) {
    case 'WebSocket:connection':
      sockets.set(userId, socket);
      send(socket, { type: 'welcome', userId });
      break;

    case 'WebSocket:message':
      // `data` is a Buffer, for text as well; `isBinary` says which of them was sent.
      send(socket, { type: 'answer', text: `You said: ${ctx.params.data.toString()}` });
      break;

    case 'WebSocket:close':
      // A user who has reconnected already has a new socket: that one stays.
      if (sockets.get(userId) === socket) sockets.delete(userId);
      break;

    case 'WebSocket:error':
      // A close event follows, so there is nothing to clean up here.
      console.error('socket failed', ctx.params);
      break;
  }
}

/**
 * The user's own id if the client has shown a token (see `cloud.getToken()`), else the id of the
 * connection. Never an id that the client just claims: then anyone could read another's messages.
 */
function userIdOf(ctx: FunctionContext): string {
  return String(ctx.user?.id ?? ctx.connectionId);
}

function send(socket: FunctionSocket, message: object) {
  socket.send(JSON.stringify(message));
}
