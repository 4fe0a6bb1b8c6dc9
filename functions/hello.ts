/**
 * Greets whoever calls: GET /hello?name=Ada
 *
 * A function is one exported default function. It is called with the request as `ctx`, and what it
 * returns is the response: an object becomes JSON, a string becomes a page.
 */
export default async function (ctx: FunctionContext) {
  // Whatever comes from outside can have any shape: `?name=a&name=b` is a list.
  const name = typeof ctx.query.name === 'string' ? ctx.query.name : 'world';

  // Goes to the log, with this function's name and the id of this request.
  console.log('greeting', name);

  // An object and not a string, because a string is sent as HTML, and `name` could hold a <script>.
  return { message: `Hello, ${name}!` };
}
