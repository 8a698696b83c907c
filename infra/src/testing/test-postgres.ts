/** Placeholder until the embedded server lands. */
export async function startTestPostgres(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  return Promise.reject(new Error(`set TEST_DATABASE_URL (no server in ${folder})`));
}
