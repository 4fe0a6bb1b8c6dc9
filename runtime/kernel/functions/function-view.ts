import type { FunctionModule, Handler } from './module.ts';

/** The functions that a caller can reach: the live ones, or those that a draft sees. */
export interface FunctionView {
  get(name: string): FunctionModule | undefined;
  /** The handler of a function of this view, its code evaluated if need be; throws what the code throws. */
  handler(module: FunctionModule): Handler;
  /** The exports of a function of this view, evaluated if need be. */
  exports(module: FunctionModule): unknown;
}
