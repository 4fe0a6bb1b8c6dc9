type Write = (value: unknown, ...rest: unknown[]) => unknown;

/** What the driver calls of its bson package for all that it sends. */
interface Serializers {
  readonly serialize: Write;
  readonly calculateObjectSize: Write;
}

/** The exports of bson: the driver and the query language read these members anew at each use. */
export interface BsonExports extends Serializers {
  readonly BSON: Serializers;
  readonly EJSON: { readonly serialize: Write; readonly stringify: Write };
}

/**
 * Makes the driver and the query language accept what their bson package refuses because it holds values of another
 * version: they write what `convert` returns. What is not refused is looked at by nobody, so this costs nothing.
 */
export function acceptForeignValues(bson: BsonExports, convert: (value: unknown) => unknown): void {
  const accept =
    (write: Write): Write =>
    (value, ...rest) => {
      try {
        return write(value, ...rest);
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'BSONVersionError') throw error;
        return write(convert(value), ...rest);
      }
    };
  const serialize = accept(bson.serialize);
  const calculateObjectSize = accept(bson.calculateObjectSize);
  const EJSON = { ...bson.EJSON, serialize: accept(bson.EJSON.serialize), stringify: accept(bson.EJSON.stringify) };
  Object.assign(bson, { serialize, calculateObjectSize, EJSON, BSON: { ...bson.BSON, EJSON, serialize, calculateObjectSize } });
}
