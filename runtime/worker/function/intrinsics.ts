/**
 * Keeps functions from adding to what every object inherits: a property there shows up in every
 * `for…in` and every options object of the whole process, and is how a careless merge of JSON becomes
 * an attack on others (`{"__proto__": {"admin": true}}`). The function that tries gets a `TypeError`;
 * in sloppy code the assignment has no effect, as with any object that cannot be extended.
 */
export function guardIntrinsics(): void {
  Object.preventExtensions(Object.prototype);
}
