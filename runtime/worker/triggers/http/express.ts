import express from 'express';

/**
 * What Express's request and response ask for their settings: its defaults, which trust no proxy.
 * It serves nothing.
 */
export const application = express().disable('x-powered-by');

/**
 * Gives a class the members of one of Express's prototypes, except those that the class defines itself. All of them
 * can be assigned: routers and frameworks (Express, connect, polka) put `url`, `next`, `originalUrl`, `path` there.
 */
export function adoptMembers(prototype: object, members: object): void {
  const descriptors = Object.getOwnPropertyDescriptors(members);
  for (const [name, descriptor] of Object.entries(descriptors)) {
    if (!Object.hasOwn(prototype, name)) Object.defineProperty(prototype, name, descriptor);
  }
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (descriptor.get && !descriptor.set) Object.defineProperty(prototype, name, { ...descriptor, set: createSetter(name) });
  }
  Object.defineProperty(prototype, 'app', { value: application, writable: true, configurable: true });
}

function createSetter(name: string): (this: object, value: unknown) => void {
  return function set(value) {
    Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
  };
}
