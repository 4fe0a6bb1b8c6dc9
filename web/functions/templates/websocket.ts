import cloud, { type FunctionSocket } from '@lafjs/cloud';

/**
 * A chat: every socket's events come here. Connect with `?user=ada`, or with a token that
 * `cloud.getToken({ id: 'ada' })` has made, as `?token=…`.
 */

// Sockets by user id, so that other functions can reach them. A module starts anew with every publish;
// `cloud.shared` and the open sockets stay.
const sockets: Map<string, FunctionSocket> = cloud.shared.get('socketsByUser') ?? new Map();
cloud.shared.set('socketsByUser', sockets);

export default async function (ctx: FunctionContext) {
  const { socket } = ctx;
  if (!socket) {
    ctx.response?.status(426).send('This is where WebSockets connect.');
    return;
  }

  const user = userOf(ctx);

  switch (ctx.method) {
    case 'WebSocket:connection':
      sockets.set(user, socket);
      console.log(user, 'connected');
      send(socket, { type: 'welcome', user, online: [...sockets.keys()] });
      broadcast({ type: 'joined', user }, socket);
      break;

    case 'WebSocket:message': {
      // `data` is a Buffer, for text as well.
      const text = ctx.params.data.toString();
      console.log(user, 'said', text);
      send(socket, { type: 'sent', text });
      broadcast({ type: 'message', from: user, text }, socket);
      break;
    }

    case 'WebSocket:close':
      // A user who has reconnected already has a new socket: that one stays.
      if (sockets.get(user) === socket) {
        sockets.delete(user);
        broadcast({ type: 'left', user }, socket);
      }
      break;

    case 'WebSocket:error':
      // A close event follows.
      console.error('socket failed', ctx.params);
      break;
  }
}

/**
 * The user of the token, else the one that the client claims to be, which is good enough to try things out.
 * Once there is something to protect, take `ctx.query.user` away and let only tokens in:
 * `export function upgrade(ctx) { return ctx.user ?? false; }`
 */
function userOf(ctx: FunctionContext): string {
  return String(ctx.user?.id ?? ctx.query.user ?? ctx.connectionId);
}

function send(socket: FunctionSocket, message: object) {
  socket.send(JSON.stringify(message));
}

function broadcast(message: object, except: FunctionSocket) {
  const text = JSON.stringify(message);
  for (const socket of sockets.values()) {
    if (socket !== except) socket.send(text);
  }
}
