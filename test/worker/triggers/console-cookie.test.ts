import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { dropConsoleCookie } from '../../../runtime/worker/triggers/console-cookie.ts';

function requestWith(url: string, cookie: string | undefined): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.url = url;
  request.rawHeaders = ['Host', 'localhost', ...(cookie === undefined ? [] : ['Cookie', cookie])];
  request.headers = { host: 'localhost', ...(cookie !== undefined && { cookie }) };
  return request;
}

describe('dropConsoleCookie()', () => {
  it.each([
    ['a=1; hearth_console_4001=secret; b=2', 'a=1; b=2'],
    ['hearth_console=secret', ''],
    ['hearth_console_4001=secret; hearth_console_4002=other; a=1', 'a=1'],
    ['a=1', 'a=1'],
    [undefined, undefined],
  ])('makes %j into %j, below /_/ and where a proxy sends a whole URL', (given, left) => {
    for (const url of ['/_/x', '/_/', 'http://localhost/_/x']) {
      const request = requestWith(url, given);
      dropConsoleCookie(request);
      expect(request.headers.cookie).toBe(left);
      expect(request.rawHeaders[3]).toBe(left);
    }
  });

  it("leaves other paths alone, to which browsers do not send the console's cookie", () => {
    const request = requestWith('/hello', 'hearth_console_4001=x');
    dropConsoleCookie(request);
    expect(request.headers.cookie).toBe('hearth_console_4001=x');
  });
});
