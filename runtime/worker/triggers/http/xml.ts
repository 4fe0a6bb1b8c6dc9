import { Parser } from 'xml2js';
import { HearthError } from '../../../kernel/errors.ts';

/** The options are those that Laf's functions know the result of. */
const options = { async: false, explicitArray: true, normalize: true, normalizeTags: true, trim: true };

/** What xml2js makes of an XML text. Throws `BODY_TOO_DEEP` for elements that are nested deeper than `depth`, and what xml2js says. */
export function parseXmlText(text: string, depth: number): unknown {
  const parser = new Parser(options);
  let result: unknown;
  let failure: unknown;
  boundDepth(parser, depth, (error) => (failure ??= error));
  parser.parseString(text, (error, value: unknown) => {
    failure ??= error;
    result = value;
  });
  if (failure) throw failure instanceof Error ? failure : new TypeError('not XML');
  return result ?? {};
}

/** xml2js has no such limit, but lets others listen to its parser. */
function boundDepth(parser: Parser, limit: number, refuse: (error: HearthError) => void): void {
  const { saxParser: events }: { saxParser?: Record<string, unknown> } = Object(parser);
  const { onopentag: open, onclosetag: close } = events ?? {};
  if (!events || typeof open !== 'function' || typeof close !== 'function') return;
  let depth = 0;
  events['onopentag'] = (...args: unknown[]): void => {
    depth += 1;
    if (depth <= limit) {
      Reflect.apply(open, events, args);
      return;
    }
    refuse(new HearthError('BODY_TOO_DEEP', { limit }));
    // What xml2js hears no more of costs it nothing.
    for (const event of ['onopentag', 'onclosetag', 'ontext', 'oncdata', 'onend']) events[event] = () => {};
  };
  events['onclosetag'] = (...args: unknown[]): void => {
    depth -= 1;
    Reflect.apply(close, events, args);
  };
}
