import { createServer } from 'node:http';
import { announce, endWithParent } from './announce.mjs';

/** Node's own server with nothing in between: the nearest to a limit that there is. */
const type = 'application/json; charset=utf-8';

/**
 * @param {import('node:http').ServerResponse} response
 * @param {unknown} value
 */
function answer(response, value) {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const server = createServer((request, response) => {
  if (request.url === '/hello') {
    answer(response, { message: 'Hello, world!' });
    return;
  }
  /** @type {Buffer[]} */
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => answer(response, JSON.parse(Buffer.concat(chunks).toString())));
});
endWithParent();
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') announce(address.port);
});
