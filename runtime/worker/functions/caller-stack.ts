/** The stack of the caller, whatever a function has done to `Error`. */
export function callerStack(frames: number): string {
  const { stackTraceLimit } = Error;
  const prepare: unknown = Reflect.get(Error, 'prepareStackTrace');
  Error.stackTraceLimit = frames;
  Reflect.set(Error, 'prepareStackTrace', undefined);
  const { stack = '' } = new Error('place');
  Error.stackTraceLimit = stackTraceLimit;
  Reflect.set(Error, 'prepareStackTrace', prepare);
  return stack;
}
