const money = `/** Cents as people read them. */
export function toPrice(cents: number): string {
  return new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' }).format(cents / 100);
}
`;

const createOrder = `import cloud from '@lafjs/cloud';
import { toPrice } from '@/lib/money';

interface Item {
  sku: string;
  quantity: number;
  price: number;
}

export default async function (ctx: FunctionContext) {
  const { customer, items } = ctx.body as { customer: string; items: Item[] };
  const total = items.reduce((sum, item) => sum + item.quantity * item.price, 0);
  if (total <= 0) {
    console.warn('refused an order without a total', { customer, items });
    return ctx.response?.status(400).send({ error: 'Nothing was ordered.' });
  }
  const order = { id: crypto.randomUUID(), customer, total, at: Date.now() };
  const orders = cloud.shared.get('orders') ?? [];
  cloud.shared.set('orders', [...orders, order]);
  console.log('order', order.id, 'of', customer, toPrice(total));
  return { ...order, price: toPrice(total) };
}
`;

const listOrders = `import cloud from '@lafjs/cloud';

export default function () {
  const orders = cloud.shared.get('orders') ?? [];
  console.info(orders.length, 'orders');
  return orders;
}
`;

const login = `import cloud from '@lafjs/cloud';

/** Answers a token for whoever asks: a real one would look at a password. */
export default function (ctx: FunctionContext) {
  const id = String(ctx.query.name);
  return cloud.getToken({ id, roles: ['customer'], exp: Math.floor(Date.now() / 1000) + 3600 });
}
`;

const sockets = `import cloud, { type FunctionSocket } from '@lafjs/cloud';

const people: Map<string, FunctionSocket> = cloud.shared.get('people') ?? new Map();
cloud.shared.set('people', people);

export default async function (ctx: FunctionContext) {
  const { socket } = ctx;
  if (!socket) return ctx.response?.status(426).send('This is where WebSockets connect.');
  const id = String(ctx.user?.id ?? ctx.connectionId);

  switch (ctx.method) {
    case 'WebSocket:connection':
      people.set(id, socket);
      console.log(id, 'has come');
      socket.send(JSON.stringify({ type: 'welcome', id, people: people.size }));
      break;
    case 'WebSocket:message':
      socket.send(JSON.stringify({ type: 'echo', from: id, text: ctx.params.data.toString() }));
      break;
    case 'WebSocket:close':
      people.delete(id);
      console.log(id, 'has left');
      break;
  }
}
`;

const caption = `/** The text below an image, without the markup around it. */
export default function (ctx: FunctionContext) {
  return String(ctx.query.text ?? '').trim();
}
`;

// A back-reference has no linear engine, so that nothing but the end of the worker ends it.
const deadlyCaption = `/** The text below an image, without the markup around it. */
const markup = /^(\\w+\\s?)*\\1$/;

export default function (ctx: FunctionContext) {
  const text = String(ctx.query.text ?? 'a caption that is long enough to take for ever!');
  console.log('caption of', text.length, 'characters');
  return text.replace(markup, '').trim();
}
`;

/** The source of `reports/daily`. */
export const dailyReport = `import { toPrice } from '@/lib/money';

/** What was sold on a day. */
export default function (ctx: FunctionContext) {
  const day = String(ctx.query.day ?? 'today');
  return { day, orders: 42, total: toPrice(123_400) };
}
`;

const profile = `export default function (ctx: FunctionContext) {
  if (!ctx.user) return ctx.response?.status(401).send({ error: 'Sign in first.' });
  return { id: ctx.user.id, roles: ctx.user.roles };
}
`;

/** Each function of the demo with its revisions: a note and a source, oldest first. */
export const sources: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ['lib/money', [['Prices in euros', money]]],
  [
    'orders/create',
    [
      ['First version', createOrder.replace(/ {2}if \(total[^]*?\n {2}\}\n/, '')],
      ['Refuse orders without a total', createOrder.replace(', { customer, items }', '')],
      ['Say in the log what was refused', createOrder],
    ],
  ],
  ['orders/list', [['First version', listOrders]]],
  ['health', [['For the load balancer', "export default () => 'ok';\n"]]],
  ['auth/login', [['Tokens for an hour', login]]],
  ['auth/profile', [['First version', profile]]],
  ['reports/daily', [['First version', dailyReport]]],
  ['__websocket__', [['Greet by the name of the user', sockets]]],
  [
    'images/caption',
    [
      ['First version', caption],
      ['Leave out the markup', deadlyCaption],
    ],
  ],
  ['legacy/export', [['As it was on the old host', 'export default () => [];']]],
  ['legacy/import-csv', [['As it was on the old host', "export default () => 'done';"]]],
];

/** A draft of `orders/create` that does not fit its types. */
export const draftWithProblems = createOrder
  .replace('const order = {', 'const order: { id: number } = {')
  .replace('toPrice(total));', 'toPrice(totl));');
