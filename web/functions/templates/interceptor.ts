/**
 * Runs before every function that is called over HTTP, and sees what it answers.
 *
 * Sockets, `cloud.invoke()` and imports do not come through here.
 */
export default async function (ctx: FunctionContext, next: (ctx: FunctionContext) => Promise<unknown>) {
  // Functions whose names begin with "admin/" want a token: `ctx.user` is what it holds, or null.
  if (ctx.__function_name.startsWith('admin/') && !ctx.user) {
    ctx.response?.status(401);
    return { error: 'Sign in first.' };
  }

  const start = performance.now();
  const result = await next(ctx);
  console.log(ctx.method, ctx.__function_name, `${Math.round(performance.now() - start)} ms`);

  // What this returns is the response.
  return result;
}
