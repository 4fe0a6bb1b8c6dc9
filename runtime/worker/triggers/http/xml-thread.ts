import { parentPort } from 'node:worker_threads';
import { HearthError, messageOf } from '../../../kernel/errors.ts';
import type { XmlAnswer, XmlJob } from './xml-parser.ts';
import { parseXmlText } from './xml.ts';

// The program of the thread that parses large XML bodies.
parentPort?.on('message', ({ text, depth }: XmlJob) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
  parentPort?.postMessage(parse(text, depth));
});

/** In JSON, since the other thread parses that in slices; of XML come only texts, arrays and objects. */
function parse(text: string, depth: number): XmlAnswer {
  try {
    return { json: new TextEncoder().encode(JSON.stringify(parseXmlText(text, depth))) };
  } catch (error) {
    return error instanceof HearthError ? { tooDeep: true } : { reason: messageOf(error) };
  }
}
