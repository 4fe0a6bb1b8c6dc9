import jwt from 'jsonwebtoken';

// A token that names another algorithm was not signed with a shared secret.
const algorithms: jwt.Algorithm[] = ['HS256', 'HS384', 'HS512'];
const bearerShape = /^Bearer +(\S+) *$/i;

/** The payload of a JWT that the secret verifies; null for anything else. */
export function verifyToken(token: unknown, secret: string | Buffer): unknown {
  if (typeof token !== 'string') return null;
  try {
    return jwt.verify(token, secret, { algorithms });
  } catch {
    return null;
  }
}

/** The token of an `Authorization: Bearer …` header. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : bearerShape.exec(authorization)?.[1];
}
