import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { announce, endWithParent } from './announce.mjs';

const server = createServer();
const io = new Server(server, { transports: ['websocket'], serveClient: false });
io.on('connection', (socket) => {
  socket.on('message', (text) => socket.emit('message', text));
});
endWithParent();
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') announce(address.port);
});
