/** What workerd serves. */
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/hello') return Response.json({ message: 'Hello, world!' });
    if (request.headers.get('upgrade') !== 'websocket') return Response.json(await request.json());
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener('message', (event) => server.send(event.data));
    return new Response(null, { status: 101, webSocket: client });
  },
};
