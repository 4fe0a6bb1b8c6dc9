import http from 'node:http';
import type { Duplex } from 'node:stream';

/** Milliseconds that each part of a probe may take. */
export const probeTime = 4_000;

/** The ways in which a worker serves. Each returns what it got, or rejects. */
export const probes = {
  'a call': (port: number) => request(port, {}),
  'an upload': (port: number) =>
    request(port, { method: 'POST', headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } }, form),
  'a WebSocket': echo,
} as const satisfies Record<string, (port: number) => Promise<string>>;

const expected = 'probe';
const boundary = 'hearth-probe';
const disposition = 'content-disposition: form-data; name="file"; filename="probe.txt"';
const form = `--${boundary}\r\n${disposition}\r\n\r\n${expected}\r\n--${boundary}--\r\n`;

/** Whether the worker behind this port gave the response that it has to. */
export async function passes(probe: (port: number) => Promise<string>, port: number): Promise<boolean> {
  return (await probe(port).catch(() => undefined)) === expected;
}

function request(port: number, options: http.RequestOptions, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = http.request({ ...to(port), path: '/probe', ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(text));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

// RFC 6455, 5.2: frames of a client are masked, here with zeros; those of a server are not.
const textFrame = Buffer.concat([Buffer.of(0x81, 0x80 + expected.length, 0, 0, 0, 0), Buffer.from(expected)]);
const echoed = Buffer.concat([Buffer.of(0x81, expected.length), Buffer.from(expected)]);
const closeFrame = Buffer.of(0x88, 0x80, 0, 0, 0, 0);

function echo(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    };
    const sent = http.request({ ...to(port), path: '/', headers }, (response) => reject(new Error(`status ${response.statusCode}`)));
    sent.once('error', reject);
    sent.once('upgrade', (_response, socket, head) => exchange(socket, head, resolve, reject));
    sent.end();
  });
}

function exchange(socket: Duplex, head: Buffer, resolve: (text: string) => void, reject: (error: Error) => void): void {
  let received = head;
  socket.on('error', reject);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < echoed.length) return;
    socket.end(closeFrame);
    resolve(received.subarray(0, echoed.length).equals(echoed) ? expected : 'something else');
  });
  socket.once('close', () => reject(new Error('closed')));
  socket.write(textFrame);
}

function to(port: number): http.RequestOptions {
  return { host: '127.0.0.1', port, agent: false, signal: AbortSignal.timeout(probeTime) };
}
