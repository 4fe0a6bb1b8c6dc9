/** What Node is waiting for in threads of its pool. */
const poolRequests: ReadonlySet<string> = new Set(['FSReqCallback', 'FSReqPromise', 'GetAddrInfoReqWrap', 'GetNameInfoReqWrap']);

/**
 * What the stores of `AsyncLocalStorage` held when the file and DNS requests began that are under way. Up to Node 22
 * it stands on each request behind a private symbol; from Node 24 on it does not, and this returns nothing.
 */
export function storesOfPoolRequests(): readonly unknown[] {
  const list: unknown = Reflect.get(process, '_getActiveRequests');
  const requests: unknown = typeof list === 'function' ? Reflect.apply(list, process, []) : [];
  if (!Array.isArray(requests)) return [];
  return requests.filter(isPoolRequest).flatMap((request) => {
    const symbols = Object.getOwnPropertySymbols(request).filter(({ description }) => description === 'kResourceStore');
    return symbols.map((symbol): unknown => Reflect.get(request, symbol));
  });
}

function isPoolRequest(request: unknown): request is object {
  return typeof request === 'object' && request !== null && poolRequests.has(request.constructor.name);
}
