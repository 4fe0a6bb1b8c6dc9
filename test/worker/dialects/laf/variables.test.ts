import { describe, expect, it } from 'vitest';
import { provideLafVariables } from '../../../../runtime/worker/dialects/laf/variables.ts';

const app = { appId: 'an-app', serverSecret: 'a secret of the app' };
const always = { APP_ID: 'an-app', APPID: 'an-app', SERVER_SECRET: 'a secret of the app' };

describe('provideLafVariables()', () => {
  it.each<[string, NodeJS.ProcessEnv, string | undefined, object]>([
    ['ids and secret', { COLOR: 'red' }, undefined, { ...always, COLOR: 'red' }],
    ['the database, where there is one', {}, 'mongodb://localhost/app', { ...always, DB_URI: 'mongodb://localhost/app' }],
    [
      'nothing that the app has itself, be it empty',
      { APPID: 'mine', DB_URI: '' },
      'mongodb://localhost/app',
      { ...always, APPID: 'mine', DB_URI: '' },
    ],
  ])('adds %s', (_, env, databaseUri, expected) => {
    provideLafVariables(env, { ...app, databaseUri });
    expect(env).toEqual(expected);
  });
});
