/** Greets the caller: GET /hello?name=Ada */
export default async function (ctx: FunctionContext) {
  // What comes from outside can have any shape: `?name=a&name=b` is a list.
  const name = typeof ctx.query.name === 'string' ? ctx.query.name : 'world';

  // Goes to the log, with this function's name and the id of this request.
  console.log('greeting', name);

  // An object is sent as JSON; a string would be sent as HTML.
  return { message: `Hello, ${name}!` };
}
