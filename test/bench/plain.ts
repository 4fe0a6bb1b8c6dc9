import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { broadcastPlainly } from './plain-broadcast.ts';
import { PlainUsers } from './plain-push.ts';

const open = new Set<WebSocket>();
const users = new PlainUsers();
/** Node's own server and ws, with nothing in between: what the host is compared with. */
const server = createServer((request, response) => {
  if (request.url === '/broadcast') {
    void broadcastPlainly(open).then((answer) => response.setHeader('content-length', answer.length).end(answer));
    return;
  }
  if (request.url?.startsWith('/push?')) {
    users.push(request.url, response);
    return;
  }
  const body = JSON.stringify({ message: 'Hello, world!' });
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) });
  response.end(body);
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false });
sockets.on('connection', (socket, request) => {
  open.add(socket);
  users.join(socket, request.url);
  socket.on('close', () => open.delete(socket));
  socket.on('message', (data) => socket.send(data));
  socket.on('error', () => socket.terminate());
});
// Nobody else would end it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(address !== null && typeof address === 'object' ? address.port : 0);
});
