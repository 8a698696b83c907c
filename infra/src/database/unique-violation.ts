/** Postgres' code for a value that must be there once only. */
const UNIQUE_VIOLATION = '23505';

/** Runs a write; where another row has its unique value already, throws what `taken` makes of Postgres' error instead. */
export async function writeUnique<T>(write: () => Promise<T>, taken: (cause: unknown) => Error): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION) throw taken(error);
    throw error;
  }
}
