import type { WorkerSettings } from '../../../kernel/protocol/settings.ts';

/**
 * Adds what Laf's own runtime has in the environment of functions; the app's variables win. They are not among those
 * that the process is started with, which the system shows to others.
 */
export function provideLafVariables(
  env: NodeJS.ProcessEnv,
  settings: Pick<WorkerSettings, 'appId' | 'serverSecret' | 'databaseUri'>,
): void {
  const { appId, serverSecret, databaseUri } = settings;
  const variables = { APP_ID: appId, APPID: appId, SERVER_SECRET: serverSecret, DB_URI: databaseUri };
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) env[name] ??= value;
}
