export default async function (ctx: FunctionContext) {
  return { method: ctx.method };
}
