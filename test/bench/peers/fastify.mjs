import { fastify } from 'fastify';
import { announce, endWithParent } from './announce.mjs';

/** Its own parser and serializer, without schemas: what a function is given and answers has none either. */
const app = fastify();

app.get('/hello', async () => ({ message: 'Hello, world!' }));
app.post('/echo', (request, reply) => {
  reply.send(request.body);
});

endWithParent();
await app.listen({ port: 0, host: '127.0.0.1' });
const [address] = app.addresses();
if (address) announce(address.port);
