import cloud from '@lafjs/cloud';

/**
 * A list of things to do, in MongoDB.
 *
 * GET reads it, POST `{ "text": "…" }` adds to it, PATCH `?id=…` marks as done, DELETE `?id=…` removes.
 * It needs a host with a database: start it with MONGODB_URI, or MONGODB_URI=managed to try.
 */
export default async function (ctx: FunctionContext) {
  const todos = cloud.mongo.db.collection('todos');

  switch (ctx.method) {
    case 'GET':
      return todos.find().sort({ createdAt: -1 }).limit(100).toArray();

    case 'POST': {
      const text = ctx.body?.text;
      if (typeof text !== 'string' || text === '') return refuse(ctx, 'Send JSON: { "text": "…" }');
      const todo = { text, done: false, createdAt: new Date() };
      const { insertedId } = await todos.insertOne(todo);
      ctx.response?.status(201);
      return { ...todo, _id: insertedId };
    }

    case 'PATCH': {
      if (!ObjectId.isValid(ctx.query.id)) return refuse(ctx, 'Say which: ?id=…');
      const { matchedCount } = await todos.updateOne({ _id: new ObjectId(ctx.query.id) }, { $set: { done: true } });
      return { updated: matchedCount };
    }

    case 'DELETE': {
      if (!ObjectId.isValid(ctx.query.id)) return refuse(ctx, 'Say which: ?id=…');
      const { deletedCount } = await todos.deleteOne({ _id: new ObjectId(ctx.query.id) });
      return { deleted: deletedCount };
    }

    default:
      return refuse(ctx, `${ctx.method} does nothing here.`);
  }
}

function refuse(ctx: FunctionContext, error: string) {
  ctx.response?.status(400);
  return { error };
}
