import Koa from 'koa';
import { announce, endWithParent } from './announce.mjs';

/** koa at its leanest: no router, and a body that is read by hand rather than by a middleware. */
const app = new Koa();

app.use(async (ctx) => {
  if (ctx.path === '/hello') ctx.body = { message: 'Hello, world!' };
  else ctx.body = JSON.parse(await read(ctx.req));
});

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<string>}
 */
function read(request) {
  return new Promise((resolve, reject) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
    request.on('error', reject);
  });
}

endWithParent();
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') announce(address.port);
});
