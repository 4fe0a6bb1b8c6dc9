/** The call that `process.exit()` ends in, taken before anybody can replace it. It runs no exit listeners. */
export function takeReallyExit(): (code: number) => void {
  const reallyExit: unknown = Reflect.get(process, 'reallyExit');
  return (code) => {
    if (typeof reallyExit === 'function') Reflect.apply(reallyExit, process, [code]);
  };
}

/** Names under which `process` sends signals: `kill()` ends in `_kill()`. */
export const killCalls = ['kill', '_kill'] as const;

/** Names under which `process` ends itself: `exit()` ends in `reallyExit()`. */
export const exitCalls = ['exit', 'abort', 'reallyExit'] as const;

/** Whether `clearImmediate()` may be given this. It takes anything for an immediate, and then all immediates of the process stop. */
export function isImmediate(timer: unknown): timer is NodeJS.Immediate {
  return timer instanceof Object && '_onImmediate' in timer;
}
