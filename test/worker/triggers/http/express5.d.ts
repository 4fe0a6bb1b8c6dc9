// It has no types of its own; those of Express 4 fit what the tests use.
declare module 'express5' {
  export { default } from 'express';
}
