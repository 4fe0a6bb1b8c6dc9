import { createHook, executionAsyncId, executionAsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { isThenable } from '../../kernel/calls/thenable.ts';

/** Milliseconds between two looks at what is still under way. */
const lookInterval = 10;

/** What Node itself would wait for: timers, and what the system has been asked for. Promises alone keep no process alive. */
const waitedFor =
  /^(?:Timeout|Immediate|FSREQ\w+|\w*(?:REQWRAP|CONNECTWRAP|WRITEWRAP|SHUTDOWNWRAP|SENDWRAP|QUERYWRAP|REQUEST)|TCPWRAP|PIPEWRAP|PROCESSWRAP|WORKER)$/;
/** Ends with its parser, which Node keeps for the next request. */
const notWaitedFor = /^HTTP/;

interface Task {
  /** Promises that it returned and that have not settled. */
  promises: number;
  /** It has asked to end the process: it has nothing left to do. */
  done: boolean;
}

/**
 * Some code, with everything asynchronous that it starts: says when all of that is over, as Node does by ending.
 * It watches every asynchronous operation of the process, which costs each of them some time, so it is for the end of a process.
 */
export class StartedWork {
  readonly #tasks: Task[] = [];
  /** Whose operation has this id. */
  readonly #owners = new Map<number, Task>();
  readonly #pending = new Map<number, { readonly task: Task; readonly resource: object }>();
  /** Whose code runs now, before anything asynchronous. */
  #running: Task | undefined;
  /** Code that waited for what the code did (`await once(process, 'SIGTERM')`) goes on in the microtasks right after it. */
  #woken: Task | undefined;
  readonly #hook = createHook({
    init: (id, type, _trigger, resource) => {
      const task = this.#current ?? this.#woken;
      if (!task) return;
      this.#owners.set(id, task);
      if (waitedFor.test(type) && !notWaitedFor.test(type)) this.#pending.set(id, { task, resource });
    },
    before: (id) => {
      if (!this.#owners.has(id) && !(executionAsyncResource() instanceof Promise)) this.#woken = undefined;
    },
    destroy: (id) => {
      this.#owners.delete(id);
      this.#pending.delete(id);
    },
  });

  /** Runs code whose work is waited for, a promise that it returns included. Throws what it throws. */
  run(code: () => unknown): void {
    this.#hook.enable();
    const task: Task = { promises: 0, done: false };
    this.#tasks.push(task);
    // Before the microtasks that the code wakes, and after what its caller does now.
    queueMicrotask(() => (this.#woken = { promises: 0, done: false }));
    this.#running = task;
    let result: unknown;
    try {
      result = code();
    } finally {
      this.#running = undefined;
    }
    if (!isThenable(result)) return;
    task.promises += 1;
    // Its rejection stays unhandled, and is reported as that.
    void Promise.resolve(result).finally(() => (task.promises -= 1));
  }

  /** The code that runs now has nothing left to do. */
  finish(): void {
    const task = this.#current;
    if (task) task.done = true;
  }

  /** Resolves when all of it is over, at the latest after `timeout` milliseconds. */
  async settled(timeout: number): Promise<void> {
    const until = performance.now() + timeout;
    // What it has woken goes on first.
    if (this.#tasks.length > 0) await sleep(0);
    while (this.#isUnderWay() && performance.now() < until) await sleep(lookInterval);
    this.#hook.disable();
  }

  get #current(): Task | undefined {
    return this.#running ?? this.#owners.get(executionAsyncId());
  }

  #isUnderWay(): boolean {
    if (this.#tasks.some((task) => task.promises > 0 && !task.done)) return true;
    for (const { task, resource } of this.#pending.values()) if (!task.done && keepsAlive(resource)) return true;
    return false;
  }
}

/** Whether a timer or handle is referenced; what has no such notion, such as a read of a file, always is. */
function keepsAlive(resource: object): boolean {
  const hasRef: unknown = Reflect.get(resource, 'hasRef');
  return typeof hasRef !== 'function' || Reflect.apply(hasRef, resource, []) === true;
}
